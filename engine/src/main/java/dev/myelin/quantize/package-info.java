/**
 * Quantization of checkpoints: the choice of each tensor's type ({@link dev.myelin.quantize.Mixes},
 * {@link dev.myelin.quantize.TypeChooser}) and the conversion ({@link
 * dev.myelin.quantize.Quantizer}).
 */
@NullMarked
package dev.myelin.quantize;

import org.jspecify.annotations.NullMarked;
