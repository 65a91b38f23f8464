#!/bin/sh
# Generates the Java bindings from the headers and the allow-lists in bindings/symbols.
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

# A class with the names of the functions, which the loader compares with what a library has.
names() { # package, class
    echo "// Generated from bindings/symbols"
    echo
    echo "package dev.myelin.bindings.$1;"
    echo
    echo "import java.util.List;"
    echo
    echo "/** The functions that are bound. */"
    echo "public final class $2 {"
    echo "    private $2() {}"
    echo
    echo "    public static final List<String> NAMES = List.of("
    sed -n 's/^--include-function \(.*\)$/            "\1",/p' "$list" | sed '$s/,$/);/'
    echo "}"
}

generate() { # package, class, header, allow-list
    out=bindings/src/main/java/dev/myelin/bindings/$1
    new=native/build/bindings
    grep -v '^#' "bindings/symbols/$4.txt" > "$list"
    rm -rf "$new"
    "$jextract" --output "$new" -t "dev.myelin.bindings.$1" --header-class-name "$2" \
        -I "$include" "@$list" "$3"
    new=$new/dev/myelin/bindings/$1
    # Functions are looked up in what NativeLibraries has opened, not by the class loader.
    sed 's/SymbolLookup\.loaderLookup()$/dev.myelin.bindings.NativeSymbols.lookup();/
        /^ *\.or(Linker\.nativeLinker()\.defaultLookup());$/d' "$new/$2.java" > "$new/$2.new"
    mv "$new/$2.new" "$new/$2.java"
    names "$1" "${2%_h}Functions" > "$new/${2%_h}Functions.java"
    rm -rf "$out"
    mv "$new" "$out"
    echo "bindings: $(find "$out" -name '*.java' | wc -l | tr -d ' ') files in $out"
}

generate ggml Ggml_h native/ggml/all.h ggml
generate llama Llama_h "$include/llama.h" llama
generate kernels Myelin_h native/include/myelin.h myelin
generate cuda Cuda_h native/cuda/include/myelin_cuda.h myelin-cuda
