/**
 * Where a checkpoint's parameters are: computed from its header alone, without ggml, for any
 * architecture whose tensors are named as the GGUF specification says.
 */
package dev.myelin.inspect;
