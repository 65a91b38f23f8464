package dev.myelin.pass;

import dev.myelin.graph.AttentionParameters.RelativeBias;
import dev.myelin.graph.Tensor;

/**
 * How tokens attend to the keys and values of a state, besides the state's window. Immutable and
 * thread-safe.
 *
 * @param scale factor of QKᵀ before the softmax
 * @param isCausal whether a token sees no later positions
 * @param softCap scores become softCap * tanh(score / softCap); 0 for none
 * @param slopes ALiBi slope of each head, or null
 * @param relativeBias a learned bias by distance (T5), or null
 * @param sinks f32 [heads], a score of each head that takes part in the softmax without a value, or
 *     null
 * @param selected i32 [topK, tokens], the only positions that a token sees of its range, or null
 */
public record AttentionSpec(
    float scale,
    boolean isCausal,
    float softCap,
    float[] slopes,
    RelativeBias relativeBias,
    Tensor sinks,
    Tensor selected) {
  /** Causal attention. */
  public static AttentionSpec causal(float scale) {
    return new AttentionSpec(scale, true, 0, null, null, null, null);
  }

  /** Attention to earlier and later positions. */
  public static AttentionSpec bidirectional(float scale) {
    return new AttentionSpec(scale, false, 0, null, null, null, null);
  }

  public AttentionSpec withSoftCap(float value) {
    return new AttentionSpec(scale, isCausal, value, slopes, relativeBias, sinks, selected);
  }

  public AttentionSpec withSlopes(float[] value) {
    return new AttentionSpec(scale, isCausal, softCap, value, relativeBias, sinks, selected);
  }

  public AttentionSpec withRelativeBias(RelativeBias value) {
    return new AttentionSpec(scale, isCausal, softCap, slopes, value, sinks, selected);
  }

  public AttentionSpec withSinks(Tensor value) {
    return new AttentionSpec(scale, isCausal, softCap, slopes, relativeBias, value, selected);
  }

  public AttentionSpec withSelected(Tensor value) {
    return new AttentionSpec(scale, isCausal, softCap, slopes, relativeBias, sinks, value);
  }

  /** Whether there is nothing but the scale. */
  public boolean isPlain() {
    return isCausal
        && softCap == 0
        && slopes == null
        && relativeBias == null
        && sinks == null
        && selected == null;
  }
}
