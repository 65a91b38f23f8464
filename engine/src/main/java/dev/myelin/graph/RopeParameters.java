package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;

/**
 * How positions are rotated into queries and keys.
 *
 * @param dimensions how many of a head's values are rotated
 * @param order which values form a pair
 * @param originalContext the context length of training, for YaRN
 * @param base frequency base, 10000 by default
 * @param scale position scale: 1 / the factor of linear scaling
 * @param extrapolation YaRN's mix of extrapolation, 0 (off) or 1
 * @param attentionFactor scales the rotated values
 * @param betaFast rotations above which YaRN does not interpolate
 * @param betaSlow rotations below which YaRN interpolates fully
 */
public record RopeParameters(
    int dimensions,
    Order order,
    int originalContext,
    float base,
    float scale,
    float extrapolation,
    float attentionFactor,
    float betaFast,
    float betaSlow) {

  /** Which two values of a head are rotated together. */
  public enum Order {
    /** Neighbours: 2i and 2i + 1. */
    ADJACENT,
    /** One of each half: i and i + dimensions / 2. */
    HALVES;

    // not a field: this class must not need ggml to be initialised
    int ggmlMode() {
      return this == ADJACENT ? Ggml_h.GGML_ROPE_TYPE_NORMAL() : Ggml_h.GGML_ROPE_TYPE_NEOX();
    }
  }
}
