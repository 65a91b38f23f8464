#!/bin/sh
# Prints the nvcc that `make cuda` uses: an installed one, else the pinned one (requirements.txt), which is
# downloaded from PyPI into native/build/cuda, completely or not at all. Missing tools: one line and status 1.
#   nvcc.sh --source   prints which it would be: machine (installed), pinned (downloaded before), download
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
pins=$here/requirements.txt
out=$here/../build/cuda
oldest=12

die() {
    echo "nvcc: $*" >&2
    exit 1
}

# Sets release to the major version of an nvcc.
is_new_enough() { # nvcc
    [ -x "$1" ] || return 1
    release=$("$1" --version 2> /dev/null | sed -n 's/.*release \([0-9]*\).*/\1/p')
    [ "${release:-0}" -ge "$oldest" ]
}

# An installed one; if CUDA_HOME is set, that one only.
find_nvcc() {
    if [ -n "${CUDA_HOME:-}" ]; then
        is_new_enough "$CUDA_HOME/bin/nvcc" ||
            die "CUDA_HOME=$CUDA_HOME: there is no bin/nvcc of a CUDA toolkit $oldest or newer"
        nvcc=$CUDA_HOME/bin/nvcc
        return 0
    fi
    for nvcc in "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
        is_new_enough "$nvcc" && return 0
    done
    return 1
}

checksum() {
    if command -v sha256sum > /dev/null; then sha256sum "$pins"; else shasum -a 256 "$pins"; fi | cut -d ' ' -f 1
}

has_pinned() {
    [ -f "$out/.pin" ] && [ "$(cat "$out/.pin")" = "$(checksum)" ]
}

# Names all missing tools in one line.
check_tools() {
    missing=
    for tool in "$@"; do
        missing="$missing${missing:+, }$tool"
    done
    command -v cmake > /dev/null || missing="$missing${missing:+, }CMake (apt-get install cmake)"
    command -v "${CXX:-c++}" > /dev/null || command -v g++ > /dev/null ||
        missing="$missing${missing:+, }a C++ compiler (apt-get install g++)"
    [ -z "$missing" ] || die "missing for CUDA: $missing"
}

no_nvcc="nvcc of a CUDA toolkit $oldest or newer (on the PATH, in /usr/local/cuda/bin or in CUDA_HOME/bin)"

download() {
    case $(uname -s)-$(uname -m) in
        Linux-x86_64 | Linux-aarch64) ;;
        *) check_tools "$no_nvcc, which PyPI has for Linux on x86_64 and aarch64 only" ;;
    esac
    if ! command -v python3 > /dev/null; then
        check_tools "$no_nvcc, or python3 with pip, which downloads one (apt-get install python3-pip)"
    elif ! python3 -m pip --version > /dev/null 2>&1; then
        check_tools "$no_nvcc, or pip for $(command -v python3), which downloads one (apt-get install python3-pip)"
    fi
    check_tools
    mkdir -p "${out%/*}" 2> /dev/null || die "cannot write to $out"
    tmp=$out.tmp.$$
    trap 'rm -rf "$tmp"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    mkdir "$tmp" 2> /dev/null || die "cannot write to $tmp"
    echo "nvcc: fetching $(sed -n 's/^\(nvidia-cuda-nvcc\)==\([^ ]*\).*/\1 \2/p' "$pins") from PyPI" >&2
    if ! output=$(PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --no-input --no-deps --no-compile \
        --only-binary :all: --require-hashes --disable-pip-version-check --retries 2 --timeout 20 \
        --target "$tmp" --requirement "$pins" 2>&1); then
        case $output in
            *"No space left"* | *ENOSPC*) die "no space left for the CUDA compiler, which takes 350 MB, in $out" ;;
            *"HASHES"* | *"hashes"*) die "the files on PyPI are not the pinned ones (native/cuda/requirements.txt)" ;;
            *"NewConnectionError"* | *"ConnectTimeout"* | *"timed out"* | *"resolution"*)
                die "cannot download: no network? Try again online, or set CUDA_HOME to a CUDA toolkit" ;;
            *) die "pip failed: $(printf '%s\n' "$output" | sed -n 's/^ERROR: //p' | head -n 1)" ;;
        esac
    fi
    is_new_enough "$tmp/nvidia/cu13/bin/nvcc" || die "the downloaded packages contain no nvcc that runs here"
    checksum > "$tmp/.pin"
    rm -rf "$out"
    mv "$tmp" "$out" 2> /dev/null || has_pinned || die "cannot write to $out"
}

if find_nvcc; then
    source=machine
elif has_pinned; then
    source=pinned
else
    source=download
fi
case ${1:-} in
    --source) echo "$source" ;;
    '')
        if [ "$source" != machine ]; then
            [ "$source" = pinned ] || download
            nvcc=$(CDPATH='' cd -- "$out" && pwd)/nvidia/cu13/bin/nvcc
        fi
        check_tools
        echo "$nvcc"
        ;;
    *) die "usage: nvcc.sh [--source]" ;;
esac
