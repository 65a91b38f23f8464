package dev.myelin.sampling;

import java.util.Optional;

/** Keeps tokens at least p times as probable as the likeliest; read off the logits directly. */
final class MinP implements SamplerStage {
  private final float logP; // natural logarithm, 0 or negative

  private MinP(float p) {
    this.logP = (float) Math.log(p);
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.minP() > 0 ? Optional.of(new MinP(options.minP())) : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    candidates.keepFrom(candidates.logit(candidates.best()) + logP);
  }

  @Override
  public boolean keepsBest() {
    return true;
  }
}
