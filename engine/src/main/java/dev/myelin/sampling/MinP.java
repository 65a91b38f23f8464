package dev.myelin.sampling;

import java.util.Optional;

/**
 * Keeps tokens at least p times as probable as the most likely one. Compares logits, without a
 * softmax.
 */
final class MinP implements SamplerStage {
  private final float logP; // ln(p), at most 0

  private MinP(float p) {
    this.logP = (float) Math.log(p);
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.minP() > 0 ? Optional.of(new MinP(options.minP())) : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    candidates.removeBelow(candidates.logit(candidates.argmax()) + logP);
  }

  @Override
  public boolean isArgmaxInvariant() {
    return true;
  }
}
