package dev.myelin.evaluate;

import java.util.Arrays;
import java.util.List;

/**
 * A ranking of the continuations of a prompt. Immutable and thread-safe.
 *
 * @param promptTokens number of tokens of the common context
 * @param scores in the order of the continuations
 * @param probabilities normalised over the continuations; they sum to 1
 * @param bestIndex index of the most likely one; the first among equals
 */
public record Ranking(
    int promptTokens, List<ContinuationScore> scores, List<Double> probabilities, int bestIndex) {
  public Ranking {
    scores = List.copyOf(scores);
    probabilities = List.copyOf(probabilities);
  }

  static Ranking of(int promptTokens, List<ContinuationScore> scores, Normalization normalization) {
    double[] values = scores.stream().mapToDouble(normalization::of).toArray();
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    double max = values[best];
    double[] weights = new double[values.length];
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      weights[i] = Math.exp(values[i] - max);
      sum += weights[i];
    }
    double total = sum;
    return new Ranking(
        promptTokens, scores, Arrays.stream(weights).map(w -> w / total).boxed().toList(), best);
  }

  /** The most likely continuation. */
  public ContinuationScore best() {
    return scores.get(bestIndex);
  }
}
