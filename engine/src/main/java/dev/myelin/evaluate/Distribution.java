package dev.myelin.evaluate;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A probability for each token of a vocabulary, filled again and again. Sums are in double
 * precision: a vocabulary of 100,000 tokens adds up as many small numbers.
 */
final class Distribution {
  /** Below this a file's log-probabilities are cut off: such a token counts as impossible. */
  static final float CUT_OFF = -16f;

  /** Logits, or logarithms of probabilities. */
  private final float[] values;

  /** Probabilities times {@link #total}. */
  private final double[] weights;

  private double total;

  /** The logarithm of a token's probability is its value minus this. */
  private double shift;

  private int top;

  /** Whether the probabilities add up to 1, but for rounding of doubles. */
  private boolean exact;

  Distribution(int vocabulary) {
    values = new float[vocabulary];
    weights = new double[vocabulary];
  }

  /** Where a row's values go before {@link #fromLogits()} or {@link #fromLogProbabilities()}. */
  float[] values() {
    return values;
  }

  /** Takes a row of logits out of f32 [rows][vocabulary]. */
  void fromLogits(MemorySegment block, int row) {
    long at = (long) row * values.length * Float.BYTES;
    MemorySegment.copy(block, ValueLayout.JAVA_FLOAT, at, values, 0, values.length);
    fromLogits();
  }

  /** Takes the values as logits. Where one is NaN or infinite, so are the log-probabilities. */
  void fromLogits() {
    findTop();
    float most = values[top];
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double weight = Math.exp((double) values[i] - most);
      weights[i] = weight;
      sum += weight;
    }
    total = sum;
    shift = most + Math.log(sum);
    exact = true;
  }

  /** Takes the values as logarithms of probabilities, as they are. */
  void fromLogProbabilities() {
    findTop();
    for (int i = 0; i < values.length; i++) {
      weights[i] = values[i] > CUT_OFF ? Math.exp(values[i]) : 0;
    }
    total = 1;
    shift = 0;
    exact = false;
  }

  private void findTop() {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    top = best;
  }

  double logProbability(int token) {
    return values[token] - shift;
  }

  /** The likeliest token; of several the one with the smallest id. */
  int top() {
    return top;
  }

  /** The logarithm of the sum of e to the power of each logit. */
  double logSum() {
    return shift;
  }

  /**
   * The Kullback-Leibler divergence of another distribution from this one, in nats: what it costs
   * to take {@code other} for this. Of probabilities out of a file, which do not quite add up to 1,
   * it may be a little below 0.
   */
  double divergence(Distribution other) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double weight = weights[i];
      if (weight > 0) {
        sum += weight * ((values[i] - shift) - (other.values[i] - other.shift));
      }
    }
    double mean = sum / total;
    return exact ? Math.max(0, mean) : mean;
  }
}
