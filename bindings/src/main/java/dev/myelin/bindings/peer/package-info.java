/**
 * llama.cpp's library, which comes with the pinned ggml: the oracle that tests compare with and the
 * peer that benchmarks measure against. It is loaded only by who asks for it; nothing that runs a
 * model does.
 */
package dev.myelin.bindings.peer;
