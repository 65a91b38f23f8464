/**
 * Where a checkpoint's parameters are: computed from its header alone, without ggml, for any
 * architecture whose tensors are named as the GGUF specification says. Only {@link
 * dev.myelin.inspect.Histograms} read values, by ggml.
 */
package dev.myelin.inspect;
