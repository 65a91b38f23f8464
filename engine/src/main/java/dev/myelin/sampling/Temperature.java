package dev.myelin.sampling;

import java.util.Optional;

/** Divides the logits; they are first made relative to the highest, so that none overflows. */
final class Temperature implements SamplerStage {
  private final float temperature;

  private Temperature(float temperature) {
    this.temperature = temperature;
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.temperature() == 1
        ? Optional.empty()
        : Optional.of(new Temperature(options.temperature()));
  }

  @Override
  public void apply(Candidates candidates) {
    float highest = candidates.logit(candidates.best());
    for (int i = 0; i < candidates.size(); i++) {
      candidates.setLogit(i, (candidates.logit(i) - highest) / temperature);
    }
  }

  @Override
  public boolean keepsBest() {
    return true;
  }
}
