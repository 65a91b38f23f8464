/**
 * libllama, llama.cpp's library in the pinned ggml package: tests compare results with it,
 * benchmarks compare speed. It is loaded on first use; nothing that runs a model uses it.
 */
package dev.myelin.bindings.peer;
