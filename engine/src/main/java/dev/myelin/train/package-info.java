/**
 * Training: a forward pass over windows of text, gradients by ggml, AdamW steps, and checkpoints
 * from which a run can be resumed.
 */
@NullMarked
package dev.myelin.train;

import org.jspecify.annotations.NullMarked;
