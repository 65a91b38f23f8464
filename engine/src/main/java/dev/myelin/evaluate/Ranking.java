package dev.myelin.evaluate;

import java.util.Arrays;
import java.util.List;

/**
 * Continuations of one prompt, compared.
 *
 * @param promptTokens tokens that all have in common
 * @param scores in the order they were given
 * @param probabilities of each if it must be one of them; they add up to 1
 * @param best the index of the likeliest; of several the first
 */
public record Ranking(
    int promptTokens, List<ContinuationScore> scores, List<Double> probabilities, int best) {
  public Ranking {
    scores = List.copyOf(scores);
    probabilities = List.copyOf(probabilities);
  }

  static Ranking of(int promptTokens, List<ContinuationScore> scores, Normalization by) {
    double[] values = scores.stream().mapToDouble(by::of).toArray();
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    double most = values[best];
    double[] weights = new double[values.length];
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      weights[i] = Math.exp(values[i] - most);
      sum += weights[i];
    }
    double total = sum;
    return new Ranking(
        promptTokens, scores, Arrays.stream(weights).map(w -> w / total).boxed().toList(), best);
  }

  /** The likeliest continuation. */
  public ContinuationScore winner() {
    return scores.get(best);
  }
}
