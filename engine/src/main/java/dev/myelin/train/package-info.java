/**
 * Training: a forward pass over windows of text, gradients by ggml, AdamW steps, and checkpoints
 * from which a run can be resumed.
 */
package dev.myelin.train;
