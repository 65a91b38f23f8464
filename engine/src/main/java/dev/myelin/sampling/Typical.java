package dev.myelin.sampling;

import java.util.Optional;

/**
 * Locally typical sampling: keeps the tokens whose surprisal is nearest to the entropy of the
 * distribution, until their probabilities sum to more than p. It may remove the most likely token.
 */
final class Typical implements SamplerStage {
  private final float p;
  private final RadixSelect select = new RadixSelect();
  private float[]
      negativeDistance = {}; // [size], minus the distance of the surprisal from the entropy, in

  // nats

  private Typical(float p) {
    this.p = p;
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.typicalP() < 1 ? Optional.of(new Typical(options.typicalP())) : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    int size = candidates.size();
    if (negativeDistance.length < size) {
      negativeDistance = new float[size];
    }
    double sum = candidates.computeWeights();
    double logSum = Math.log(sum);
    float max = candidates.logit(candidates.argmax());
    double entropy = 0;
    for (int i = 0; i < size; i++) {
      if (candidates.weights[i] > 0) {
        entropy += candidates.weights[i] / sum * surprisal(candidates.logit(i), max, logSum);
      }
    }
    for (int i = 0; i < size; i++) {
      double distance = surprisal(candidates.logit(i), max, logSum) - entropy;
      negativeDistance[i] = (float) -Math.abs(distance);
    }
    // llama.cpp keeps more than p here, and at least p in top-p
    select.keepTop(candidates, negativeDistance, candidates.weights, Math.nextUp(p * sum));
  }

  /** Minus the log-probability of the token. */
  private static double surprisal(float logit, float max, double logSum) {
    return logSum - (logit - max);
  }
}
