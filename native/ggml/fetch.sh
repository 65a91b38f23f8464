#!/bin/sh
# Sees to it that there is a ggml build; downloads the pinned one (pin.txt) where there is no other.
#   fetch.sh            GGML_HOME, else a system install, else the pinned build
#   fetch.sh --pinned [NAME]  the pinned build in any case (it also holds llama.cpp, the peer); NAME is another
#                       platform's in pin.txt
#   fetch.sh --headers  the headers of the pinned build
#   fetch.sh --templates  llama.cpp's chat templates and its tests of Jinja, which our tests read where they are
#   fetch.sh --source   says which it would be: GGML_HOME, system, pinned (there), download
# Everything goes to native/build/ggml, whole or not at all; a second run does nothing.
set -eu

native=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
out=$native/build/ggml
pins=$native/ggml/pin.txt

die() {
    echo "ggml: $*" >&2
    exit 1
}

platform() {
    case $(uname -s) in
        Linux) os=linux ;;
        Darwin) os=mac ;;
        MINGW* | MSYS* | CYGWIN*) os=win ;;
        *) os=$(uname -s) ;;
    esac
    case $(uname -m) in
        x86_64 | amd64) echo "$os-x64" ;;
        aarch64 | arm64) if [ "$os" = mac ]; then echo mac-arm64-metal; else echo "$os-arm64"; fi ;;
        *) echo "$os-$(uname -m)" ;;
    esac
}

# Where the Java loader looks for ggml.pc (GgmlHome), which need not have pkg-config.
system_install() {
    triplet=$(uname -m)-linux-gnu
    IFS_before=$IFS
    IFS=:
    for folder in ${PKG_CONFIG_PATH:-}; do
        # the loader does not look into the current folder either
        if [ "${folder#/}" != "$folder" ] && [ -f "$folder/ggml.pc" ]; then
            IFS=$IFS_before
            return 0
        fi
    done
    IFS=$IFS_before
    for prefix in /usr/local /usr /opt/homebrew; do
        for folder in "lib/$triplet" lib lib64 share; do
            if [ -f "$prefix/$folder/pkgconfig/ggml.pc" ]; then
                return 0
            fi
        done
    done
    return 1
}

pinned_is_there() { # name sha512
    [ -f "$out/$1/.pin" ] && [ "$(cat "$out/$1/.pin")" = "$2" ]
}

# Sets package, version and sha512 from the line of pin.txt with this name.
read_pin() {
    line=$(grep "^$1 " "$pins") || die "no pinned build for $1 (pinned: $(known)); set GGML_HOME to a" \
        "folder with ggml 0.25 or newer (macOS: brew install ggml)"
    # shellcheck disable=SC2086 # fields are split on purpose
    set -- $line
    package=$2 version=$3 sha512=$4
}

known() {
    sed -n 's/^\([a-z]*-[^ ]*\) .*/\1/p' "$pins" | tr '\n' ' ' | sed 's/ $//; s/ /, /g'
}

sha512_of() {
    if command -v sha512sum > /dev/null; then
        sha512sum "$1"
    elif command -v shasum > /dev/null; then
        shasum -a 512 "$1"
    else
        openssl dgst -sha512 -r "$1"
    fi | cut -d ' ' -f 1
}

make_temporary() {
    mkdir -p "$out" 2> /dev/null || die "cannot write to $out"
    for old in "$out"/.tmp.*; do # left by a run that was killed
        [ -d "$old" ] && ! kill -0 "${old##*.}" 2> /dev/null && rm -rf "$old"
    done
    tmp=$out/.tmp.$$
    trap 'rm -rf "$tmp"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    mkdir "$tmp" 2> /dev/null || die "cannot write to $out"
}

# Leaves the tarball's path in tarball, its checksum compared.
download() {
    command -v npm > /dev/null || die "npm is missing, which fetches $package: install it" \
        "(Debian, Ubuntu: apt-get install npm; macOS: brew install node), or set GGML_HOME to a ggml build"
    echo "ggml: fetching $package $version" >&2
    if ! said=$(cd "$tmp" && npm pack "$package@$version" --pack-destination "$tmp" --ignore-scripts \
        --prefer-offline --no-update-notifier --no-fund --no-audit --loglevel=error \
        --fetch-retries=2 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=4000 2>&1); then
        case $said in
            *ENOSPC* | *"No space left"*) die "no space left for $package in $out or in npm's cache" ;;
            *ENOTFOUND* | *EAI_AGAIN* | *ECONN* | *ETIMEDOUT* | *ENETUNREACH* | *EHOSTUNREACH* | *ENOTCACHED*)
                die "cannot download $package $version: no network? Try again online, or set GGML_HOME to a ggml build" ;;
            *EINTEGRITY*) die "npm got other bytes than it expected for $package $version: try npm cache verify" ;;
            *E404* | *ETARGET*) die "npm's registry has no $package $version; set GGML_HOME to a ggml build" ;;
            *) die "npm cannot fetch $package $version: $(printf '%s\n' "$said" | grep -v ' code ' | head -n 1)" ;;
        esac
    fi
    tarball=$(echo "$tmp"/*.tgz)
    [ -f "$tarball" ] || die "npm pack left no tarball of $package $version"
    actual=$(sha512_of "$tarball")
    [ "$actual" = "$sha512" ] || die "$package $version is not the pinned one, nothing was unpacked:" \
        "sha512 $actual, expected $sha512 (native/ggml/pin.txt)"
}

unpack() { # archive options...: into $tmp/new
    archive=$1
    shift
    mkdir -p "$tmp/new" || die "cannot write to $tmp"
    if ! said=$(tar -xf "$archive" -o -C "$tmp/new" "$@" 2>&1); then
        case $said in
            *"No space"* | *"Wrote only"*) die "no space left for $package in $out" ;;
            *) die "cannot unpack $package into $out: $(printf '%s\n' "$said" | head -n 1)" ;;
        esac
    fi
}

# Puts a finished folder in its place, with the checksum of what it was made of.
install_as() { # name finished-folder
    echo "$sha512" > "$2/.pin" || die "cannot write to $out"
    if [ -e "$out/$1" ]; then
        mv "$out/$1" "$tmp/old"
    fi
    mv "$2" "$out/$1" 2> /dev/null || pinned_is_there "$1" "$sha512" || die "cannot write to $out/$1"
}

fetch_build() { # name
    download
    unpack "$tarball" -z
    libs=$tmp/new/package/bins/$1
    [ -n "$(find "$libs" -name '*ggml-base*' 2> /dev/null)" ] || die "$package $version holds no ggml"
    rm -f "$libs"/*.node "$libs"/*llama-common* # an addon for another runtime, and what only it needs
    cp "$tmp/new/package/LICENSE" "$libs/" || die "cannot write to $out"
    install_as "$1" "$libs"
    echo "ggml: $package $version is in native/build/ggml/$1" >&2
}

# Leaves the files of the release's git bundle that are named, folders too, in $tmp/new.
unpack_from_bundle() { # path...
    command -v git > /dev/null || die "git is missing, which unpacks $package: apt-get install git"
    download
    unpack "$tarball" -z package/llama/gitRelease.bundle
    if ! git init -q --bare "$tmp/repository" ||
        ! git -C "$tmp/repository" fetch -q "$tmp/new/package/llama/gitRelease.bundle" HEAD ||
        ! git -C "$tmp/repository" archive -o "$tmp/files.tar" FETCH_HEAD "$@"; then
        die "cannot read the git bundle of $package $version"
    fi
    unpack "$tmp/files.tar"
}

fetch_headers() {
    unpack_from_bundle ggml/include include/llama.h
    mkdir "$tmp/include"
    mv "$tmp"/new/ggml/include/*.h "$tmp"/new/include/llama.h "$tmp/include/" || die "cannot write to $out"
    install_as include "$tmp/include"
    echo "ggml: its headers are in native/build/ggml/include" >&2
}

fetch_templates() {
    unpack_from_bundle models/templates tests/test-jinja.cpp LICENSE
    mv "$tmp/new/tests/test-jinja.cpp" "$tmp/new/LICENSE" "$tmp/new/models/templates/" || die "cannot write to $out"
    install_as templates "$tmp/new/models/templates"
    echo "ggml: the chat templates of $package $version are in native/build/ggml/templates" >&2
}

case ${1:-} in
    --headers)
        read_pin include
        pinned_is_there include "$sha512" && exit 0
        make_temporary
        fetch_headers
        ;;
    --templates)
        read_pin templates
        pinned_is_there templates "$sha512" && exit 0
        make_temporary
        fetch_templates
        ;;
    --source | --pinned | '')
        if [ "${1:-}" != --pinned ]; then
            if [ -n "${GGML_HOME:-}" ]; then
                source="GGML_HOME"
            elif system_install; then
                source=system
            fi
        fi
        if [ -z "${source:-}" ]; then
            name=${2:-$(platform)}
            read_pin "$name"
            if pinned_is_there "$name" "$sha512"; then source=pinned; else source=download; fi
        fi
        if [ "${1:-}" = --source ]; then
            echo "$source"
        elif [ "$source" = GGML_HOME ] && [ ! -d "$GGML_HOME" ]; then
            die "GGML_HOME=$GGML_HOME is no folder"
        elif [ "$source" = download ]; then
            make_temporary
            fetch_build "$name"
        fi
        ;;
    *) die "usage: fetch.sh [--pinned [NAME] | --headers | --templates | --source]" ;;
esac
