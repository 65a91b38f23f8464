/**
 * How parameters are learned: a forward pass over windows of text, its derivatives by ggml, steps
 * of AdamW, and checkpoints that an interrupted run goes on from.
 */
package dev.myelin.train;
