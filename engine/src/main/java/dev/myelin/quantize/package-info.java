/**
 * Checkpoints with other types: which tensor gets which ({@link dev.myelin.quantize.Mixes}, {@link
 * dev.myelin.quantize.TypeChooser}), and the rows converted by ggml and written as they come
 * ({@link dev.myelin.quantize.Quantizer}).
 */
package dev.myelin.quantize;
