package dev.myelin.sampling;

import java.util.Optional;

/**
 * Divides the logits by the temperature. The maximum is subtracted first, so that none overflows.
 */
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
    float max = candidates.logit(candidates.argmax());
    for (int i = 0; i < candidates.size(); i++) {
      candidates.setLogit(i, (candidates.logit(i) - max) / temperature);
    }
  }

  @Override
  public boolean isArgmaxInvariant() {
    return true;
  }
}
