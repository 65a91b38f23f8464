/**
 * Inspection of checkpoints: parameters, types and costs, computed from the header without ggml,
 * for any architecture that uses the tensor names of the GGUF specification. Only {@link
 * dev.myelin.inspect.Histograms} reads values, with ggml.
 */
@NullMarked
package dev.myelin.inspect;

import org.jspecify.annotations.NullMarked;
