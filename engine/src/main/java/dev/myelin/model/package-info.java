/**
 * Checkpoints as models: hyperparameters, weights in the mapped file, and the graph of a forward
 * pass. {@code architecture} holds one class an architecture, {@code block} what they share.
 */
package dev.myelin.model;
