package dev.myelin.pass;

/**
 * How a layer's tokens attend: causally, each to the positions up to its own.
 *
 * @param scale factor of QKᵀ before the softmax
 */
public record AttentionSpec(float scale) {}
