package dev.myelin.model.layer;

import dev.myelin.graph.RopeParameters;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.Hyperparameters;
import dev.myelin.model.config.Hyperparameters.RopeScaling;
import dev.myelin.pass.ForwardPass;

/**
 * Rotary positions with the file's per-frequency factors, if any.
 *
 * @param factors f32 [headSize / 2] for contexts within the original one, or null
 * @param longFactors likewise beyond it (LongRoPE, Ding et al. 2024)
 */
public record Rope(RopeParameters parameters, Tensor factors, Tensor longFactors) {
  /** Without factors. */
  public static Rope plain(Hyperparameters hp) {
    return new Rope(hp.rope(), null, null);
  }

  /** With the factors in {@code rope_freqs.weight}, or LongRoPE's two sets. */
  public static Rope withFactors(Hyperparameters hp, WeightSource w) {
    long pairs = hp.rope().dimensions() / 2;
    if (hp.ropeType() == RopeScaling.LONGROPE) {
      Tensor shorter = w.optionalVector("rope_factors_short.weight", pairs).orElse(null);
      Tensor longer = w.optionalVector("rope_factors_long.weight", pairs).orElse(shorter);
      return new Rope(hp.rope(), shorter, longer);
    }
    Tensor factors = w.optionalVector("rope_freqs.weight", pairs).orElse(null);
    return new Rope(hp.rope(), factors, factors);
  }

  /** [headSize, heads, tokens] to the same shape. */
  public Tensor apply(ForwardPass pass, Tensor head) {
    boolean beyond = pass.contextLength() > parameters.originalContext();
    Tensor divisors = beyond ? longFactors : factors;
    return pass.graph().rope(head, pass.positions(), divisors, parameters);
  }
}
