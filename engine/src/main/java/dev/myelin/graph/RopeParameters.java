package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;

/**
 * Parameters of rotary position embedding (RoPE).
 *
 * @param dimensions number of values of a head that are rotated
 * @param type which values form a pair
 * @param originalContext context length of training, for YaRN
 * @param freqBase base of the frequencies, 10000 by default
 * @param freqScale position scale: 1 / the factor of linear scaling
 * @param extFactor YaRN's extrapolation mix factor, 0 (off) or 1
 * @param attentionFactor scales the rotated values
 * @param betaFast number of rotations above which YaRN does not interpolate
 * @param betaSlow number of rotations below which YaRN interpolates fully
 */
public record RopeParameters(
    int dimensions,
    Type type,
    int originalContext,
    float freqBase,
    float freqScale,
    float extFactor,
    float attentionFactor,
    float betaFast,
    float betaSlow) {

  /** With another base and position scale. */
  public RopeParameters withFrequencies(float base, float scale) {
    return new RopeParameters(
        dimensions,
        type,
        originalContext,
        base,
        scale,
        extFactor,
        attentionFactor,
        betaFast,
        betaSlow);
  }

  /** With another scale of the rotated values. */
  public RopeParameters withAttentionFactor(float factor) {
    return new RopeParameters(
        dimensions,
        type,
        originalContext,
        freqBase,
        freqScale,
        extFactor,
        factor,
        betaFast,
        betaSlow);
  }

  /** Which two values of a head form a pair; ggml's names. */
  public enum Type {
    /** Adjacent values: 2i and 2i + 1. */
    NORMAL,
    /** One value of each half: i and i + dimensions / 2. */
    NEOX;

    // not a field: initialising this class must not load ggml
    int ggmlMode() {
      return this == NORMAL ? Ggml_h.GGML_ROPE_TYPE_NORMAL() : Ggml_h.GGML_ROPE_TYPE_NEOX();
    }
  }
}
