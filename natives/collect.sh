#!/bin/sh
# Collects the native libraries of a platform in natives/target/PLATFORM, the contents of its jar:
#   collect.sh [PLATFORM...]   by default this machine's; linux-x86_64, linux-aarch64, macos-aarch64, ...
# libmyelin is compiled here: for linux-aarch64 by the cross compiler, else only for this machine. ggml is the pinned
# build (native/ggml/pin.txt), or on systems without one that of GGML_HOME.
# META-INF/myelin/natives/PLATFORM/manifest has lines `file BYTES CRC32C SHA256 NAME`, and `folder NAME`, the name of
# the folder in the cache (version, platform, and the first digits of the SHA-256 of the lines before it).
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
version=$(sed -n 's|^  <version>\(.*\)</version>|\1|p' "$root/pom.xml")
classes=$root/bindings/target/classes

die() {
    echo "natives: $*" >&2
    exit 1
}

this_platform() {
    case $(uname -s) in
        Linux) os=linux ;;
        Darwin) os=macos ;;
        MINGW* | MSYS* | CYGWIN*) os=windows ;;
        *) die "no natives for $(uname -s)" ;;
    esac
    case $(uname -m) in
        x86_64 | amd64) echo $os-x86_64 ;;
        aarch64 | arm64) echo $os-aarch64 ;;
        *) die "no natives for $(uname -m)" ;;
    esac
}

# Leaves the folder with libmyelin in library and the program that strips in strip.
build_libmyelin() { # platform
    strip="strip"
    if [ "$1" = "$(this_platform)" ]; then
        library=$root/native/build/lib
        return
    fi
    [ "$1" = linux-aarch64 ] || die "$1 is built only on such a machine"
    command -v aarch64-linux-gnu-gcc > /dev/null ||
        die "no cross compiler for $1; install: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
    strip=aarch64-linux-gnu-strip
    library=$root/native/build-aarch64/lib
    mkdir -p "$root/native/build"
    log=$root/native/build/natives-aarch64.log
    make --no-print-directory -C "$root" libmyelin-aarch64 > "$log" 2>&1 || {
        cat "$log" >&2
        exit 1
    }
}

# Leaves the folder with ggml in ggml.
find_ggml() { # platform
    case $1 in
        linux-x86_64) name=linux-x64 ;;
        linux-aarch64) name=linux-arm64 ;;
        *) name= ;;
    esac
    if [ -n "$name" ]; then
        "$root/native/ggml/fetch.sh" --pinned $name
        ggml=$root/native/build/ggml/$name
    else
        [ -n "${GGML_HOME:-}" ] || die "set GGML_HOME to the ggml build for $1"
        ggml=$GGML_HOME
        for folder in "$GGML_HOME/lib" "$GGML_HOME/bin"; do
            [ -z "$(find "$folder" -name '*ggml-base*' 2> /dev/null)" ] || ggml=$folder
        done
    fi
}

collect() { # platform
    build_libmyelin "$1"
    find_ggml "$1"
    out=$root/natives/target/$1
    rm -rf "$out"
    libs=$out/META-INF/myelin/natives/$1
    mkdir -p "$libs"
    for file in "$ggml"/*ggml.* "$ggml"/*ggml-base* "$ggml"/*ggml-cpu* "$library"/*myelin.*; do
        case $file in
            *.so | *.dylib | *.dll) [ -f "$file" ] && cp -L "$file" "$libs/" ;;
        esac
    done
    case $1 in linux-*) $strip --strip-unneeded "$libs/libmyelin.so" ;; esac
    for file in "$ggml/LICENSE" "$ggml/../LICENSE"; do
        [ ! -f "$file" ] || cp "$file" "$libs/LICENSE-ggml"
    done
    cp "$root/LICENSE" "$root/THIRD-PARTY-NOTICES" "$out/META-INF/"
    jdk=$("$root/cli/bin/find-jdk") || exit 1
    "$jdk/bin/java" -XX:TieredStopAtLevel=1 -XX:-UsePerfData "$root/natives/src/build/Manifest.java" \
        "$libs" "$version" "$1" > "$out/manifest" && mv "$out/manifest" "$libs/manifest"
    describe_module "$1"
    chmod -R u=rwX,go=rX "$out"
    echo "natives: $1: $(du -sk "$libs" | cut -f 1) KB in natives/target/$1" >&2
}

# Compiles the module descriptor, which jlink needs, and the provider by which the module is resolved.
describe_module() { # platform
    [ -d "$classes" ] || die "compile Myelin first: make build"
    name=dev.myelin.natives.$(echo "$1" | tr - .)
    source=$root/natives/target/source/$1
    mkdir -p "$source"
    cat > "$source/module-info.java" << END
/** Native libraries of Myelin for $1. */
module $name {
  requires dev.myelin.bindings;
  provides dev.myelin.bindings.NativesModule with $name.Natives;
}
END
    cat > "$source/Natives.java" << END
package $name;

public final class Natives implements dev.myelin.bindings.NativesModule {}
END
    "$jdk/bin/javac" --release 25 -nowarn -g:none --module-path "$classes" -d "$out" \
        "$source/module-info.java" "$source/Natives.java"
}

[ $# -gt 0 ] || set -- "$(this_platform)"
for platform in "$@"; do collect "$platform"; done
