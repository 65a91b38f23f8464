#!/bin/sh
# Generates the Java bindings anew from the headers and the allow-lists in bindings/symbols.
# What it writes is committed and never edited. JEXTRACT names a jextract for JDK 25.
set -eu
cd "$(dirname -- "$0")/.."
jextract=${JEXTRACT:-jextract}
include=native/build/ggml/include
list=native/build/symbols.txt

if ! command -v "$jextract" > /dev/null; then
    echo "jextract is missing, which only \`make bindings\` needs: build it from its source (branch for JDK 25," \
        "Debian: apt-get install libclang-14-dev), then make bindings JEXTRACT=path/to/jextract" >&2
    exit 1
fi
native/ggml/fetch.sh --headers

generate() { # package, class, header, allow-list
    out=bindings/src/main/java/dev/myelin/bindings/$1
    new=native/build/bindings
    grep -v '^#' "bindings/symbols/$4.txt" > "$list"
    rm -rf "$new"
    "$jextract" --output "$new" -t "dev.myelin.bindings.$1" --header-class-name "$2" \
        -I "$include" "@$list" "$3"
    rm -rf "$out"
    mv "$new/dev/myelin/bindings/$1" "$out"
    echo "bindings: $(find "$out" -name '*.java' | wc -l | tr -d ' ') files in $out"
}

generate ggml Ggml_h native/ggml/all.h ggml
generate llama Llama_h "$include/llama.h" llama
generate kernels Myelin_h native/include/myelin.h myelin
generate cuda Cuda_h native/cuda/include/myelin_cuda.h myelin-cuda
