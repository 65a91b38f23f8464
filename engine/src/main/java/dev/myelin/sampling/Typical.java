package dev.myelin.sampling;

import java.util.Optional;

/**
 * Locally typical sampling: tokens whose surprise is nearest to the distribution's entropy, until
 * their probabilities exceed p. It may remove the likeliest token.
 */
final class Typical implements SamplerStage {
  private final float p;
  private final RadixCut cut = new RadixCut();
  private float[] closeness = {}; // [size] minus the distance from the entropy, in nats

  private Typical(float p) {
    this.p = p;
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.typicalP() < 1 ? Optional.of(new Typical(options.typicalP())) : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    int size = candidates.size();
    if (closeness.length < size) {
      closeness = new float[size];
    }
    double sum = candidates.weigh();
    double logSum = Math.log(sum);
    float highest = candidates.logit(candidates.best());
    double entropy = 0;
    for (int i = 0; i < size; i++) {
      if (candidates.weights[i] > 0) {
        entropy += candidates.weights[i] / sum * surprise(candidates.logit(i), highest, logSum);
      }
    }
    for (int i = 0; i < size; i++) {
      double distance = surprise(candidates.logit(i), highest, logSum) - entropy;
      closeness[i] = (float) -Math.abs(distance);
    }
    // the reference asks for more than p, top-p for at least p
    cut.keepHighest(candidates, closeness, candidates.weights, Math.nextUp(p * sum));
  }

  /** Minus the logarithm of the token's probability. */
  private static double surprise(float logit, float highest, double logSum) {
    return logSum - (logit - highest);
  }
}
