#!/bin/sh
# Says in one line what a build needs and this machine lacks, and how to install it; 1 if anything.
native=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
missing=
apt=
brew=

lacks() { # what, Debian packages, Homebrew packages
    missing="$missing${missing:+, }$1"
    apt="$apt${2:+ $2}"
    brew="$brew${3:+ $3}"
}

has() {
    command -v "$1" > /dev/null 2>&1
}

if ! "$native/../cli/bin/find-jdk" > /dev/null 2>&1; then
    lacks "JDK 25 or newer (or MYELIN_JDK)" openjdk-25-jdk-headless openjdk@25
fi
has mvn || lacks "Maven" maven maven
has cmake || lacks "CMake" cmake cmake
if ! has "${CC:-cc}" && ! has gcc && ! has clang; then
    lacks "a C compiler" "gcc libc6-dev" gcc
fi
if [ "$("$native/ggml/fetch.sh" --source 2> /dev/null)" = download ]; then
    has npm || lacks "npm (or GGML_HOME)" npm node
fi

if [ -n "$missing" ]; then
    case $(uname -s) in
        Darwin) how="brew install$brew" ;;
        *) how="apt-get install$apt" ;;
    esac
    case $missing in
        JDK*) how="$how (a Debian or Ubuntu without that JDK: unpack one into ~/.jdks)" ;;
    esac
    echo "missing: $missing; install: $how" >&2
    exit 1
fi
