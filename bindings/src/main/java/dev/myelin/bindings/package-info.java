/**
 * Symbols of the native libraries. {@code loader} finds and loads the libraries; {@code ggml},
 * {@code kernels}, {@code cuda} and {@code llama} hold what jextract generated, which is never
 * edited; {@code peer} calls libllama.
 */
package dev.myelin.bindings;
