package dev.myelin.model.config;

/**
 * How a router turns its logits into the weights of experts: the values of {@code
 * expert_gating_func}, from 1. Immutable and thread-safe.
 */
public enum Gating {
  /** Softmax over all experts. */
  SOFTMAX,
  /** The sigmoid of each logit. */
  SIGMOID,
  /** Softmax over the selected experts; they are selected by their logits. */
  SOFTMAX_OF_SELECTED,
  /** The root of the softplus of each logit. */
  SQRT_SOFTPLUS
}
