package dev.myelin.model.layer;

import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.RopeScaling;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.Pass;

/**
 * Rotary position embedding, with the file's per-frequency factors, if any.
 *
 * @param factors f32 [headSize / 2] for contexts up to the original length, or null
 * @param longFactors f32 [headSize / 2] for longer contexts (LongRoPE, Ding et al. 2024), or null
 */
public record Rope(RopeParameters parameters, Tensor factors, Tensor longFactors) {
  /** The name of LongRoPE's factors for contexts longer than the original one. */
  public static final String LONG_FACTORS = "rope_factors_long.weight";

  /** Without factors. */
  public static Rope of(RopeParameters parameters) {
    return new Rope(parameters, null, null);
  }

  /** With the factors of {@code rope_freqs.weight}, or the two sets of LongRoPE. */
  public static Rope withFactors(RopeParameters parameters, RopeScaling scaling, Weights w) {
    long pairs = parameters.dimensions() / 2;
    if (scaling == RopeScaling.LONGROPE) {
      Tensor shortFactors = w.optionalVector("rope_factors_short.weight", pairs);
      Tensor longFactors = w.optionalVector(LONG_FACTORS, pairs);
      return new Rope(parameters, shortFactors, longFactors == null ? shortFactors : longFactors);
    }
    Tensor factors = w.optionalVector("rope_freqs.weight", pairs);
    return new Rope(parameters, factors, factors);
  }

  /** [headSize, heads, tokens] to the same shape. */
  public Tensor of(Pass pass, Tensor head) {
    return of(pass, head, 0);
  }

  /** [headSize, heads, tokens] to the same shape; values before {@code offset} are copied. */
  public Tensor of(Pass pass, Tensor head, int offset) {
    boolean isLongContext = pass.contextLength() > parameters.originalContext();
    Tensor selected = isLongContext ? longFactors : factors;
    return pass.graph().rope(head, pass.positions(), selected, parameters, offset);
  }
}
