package dev.myelin.model.layer;

import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.Hyperparameters;
import dev.myelin.model.config.Hyperparameters.RopeScaling;
import dev.myelin.pass.ForwardPass;

/**
 * Rotary position embedding, with the file's per-frequency factors, if any.
 *
 * @param factors f32 [headSize / 2] for contexts up to the original length, or null
 * @param longFactors f32 [headSize / 2] for longer contexts (LongRoPE, Ding et al. 2024), or null
 */
public record Rope(RopeParameters parameters, Tensor factors, Tensor longFactors) {
  /** Without factors. */
  public static Rope withoutFactors(Hyperparameters hp) {
    return new Rope(hp.rope(), null, null);
  }

  /** With the factors of {@code rope_freqs.weight}, or the two sets of LongRoPE. */
  public static Rope withFactors(Hyperparameters hp, WeightSource w) {
    long pairs = hp.rope().dimensions() / 2;
    if (hp.ropeScaling() == RopeScaling.LONGROPE) {
      Tensor shortFactors = w.optionalVector("rope_factors_short.weight", pairs).orElse(null);
      Tensor longFactors = w.optionalVector("rope_factors_long.weight", pairs).orElse(shortFactors);
      return new Rope(hp.rope(), shortFactors, longFactors);
    }
    Tensor factors = w.optionalVector("rope_freqs.weight", pairs).orElse(null);
    return new Rope(hp.rope(), factors, factors);
  }

  /** [headSize, heads, tokens] to the same shape. */
  public Tensor apply(ForwardPass pass, Tensor head) {
    boolean isLongContext = pass.contextLength() > parameters.originalContext();
    Tensor selected = isLongContext ? longFactors : factors;
    return pass.graph().rope(head, pass.positions(), selected, parameters);
  }
}
