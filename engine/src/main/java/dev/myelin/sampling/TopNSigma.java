package dev.myelin.sampling;

import java.util.Optional;

/**
 * Keeps logits within n standard deviations of the highest (Tang et al., 2024). Tokens with a logit
 * of -Infinity do not count towards the deviation.
 */
final class TopNSigma implements SamplerStage {
  private final float n;

  private TopNSigma(float n) {
    this.n = n;
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.topNSigma() > 0
        ? Optional.of(new TopNSigma(options.topNSigma()))
        : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    double sum = 0;
    int counted = 0;
    for (int i = 0; i < candidates.size(); i++) {
      if (candidates.logit(i) > Float.NEGATIVE_INFINITY) {
        sum += candidates.logit(i);
        counted++;
      }
    }
    double mean = sum / counted;
    double squares = 0;
    for (int i = 0; i < candidates.size(); i++) {
      if (candidates.logit(i) > Float.NEGATIVE_INFINITY) {
        double distance = candidates.logit(i) - mean;
        squares += distance * distance;
      }
    }
    double deviation = Math.sqrt(squares / counted);
    candidates.removeBelow((float) (candidates.logit(candidates.argmax()) - n * deviation));
  }

  @Override
  public boolean isArgmaxInvariant() {
    return true;
  }
}
