#!/bin/sh
# Prints the nvcc that `make cuda` uses; says in one line what is missing where something is, and exits with 1.
missing=
lacks() {
    missing="$missing${missing:+, }$1"
}

nvcc=
for candidate in "${CUDA_HOME:+$CUDA_HOME/bin/nvcc}" "$(command -v nvcc)" /usr/local/cuda/bin/nvcc; do
    if [ -n "$candidate" ] && [ -x "$candidate" ]; then
        nvcc=$candidate
        break
    fi
done
[ -n "$nvcc" ] || lacks "nvcc of a CUDA toolkit 12 or newer (on the PATH, in /usr/local/cuda/bin or in CUDA_HOME/bin)"
command -v cmake > /dev/null 2>&1 || lacks "CMake (apt-get install cmake)"
command -v "${CXX:-c++}" > /dev/null 2>&1 || command -v g++ > /dev/null 2>&1 || lacks "a C++ compiler (apt-get install g++)"
if [ -n "$missing" ]; then
    echo "missing for CUDA: $missing" >&2
    exit 1
fi
echo "$nvcc"
