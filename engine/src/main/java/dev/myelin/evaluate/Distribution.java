package dev.myelin.evaluate;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A probability distribution over the vocabulary; reusable. Sums are in double precision, because a
 * large vocabulary adds many small numbers.
 */
final class Distribution {
  /** Log-probabilities of a file are clipped here: such a token has the probability 0. */
  static final float MIN_LOG_PROBABILITY = -16f;

  /** Logits or log-probabilities. */
  private final float[] values;

  /** Probabilities times {@link #total}. */
  private final double[] weights;

  private double total;

  /** Subtracted from a value to get the log-probability. */
  private double logNormalizer;

  private int argmax;

  /** Whether the probabilities sum to 1, up to rounding. */
  private boolean normalized;

  Distribution(int vocabulary) {
    values = new float[vocabulary];
    weights = new double[vocabulary];
  }

  /** The buffer to fill before {@link #fromLogits()} or {@link #fromLogProbabilities()}. */
  float[] values() {
    return values;
  }

  /** Copies a row of f32 [rows][vocabulary] as logits. */
  void fromLogits(MemorySegment block, int row) {
    long offset = (long) row * values.length * Float.BYTES;
    MemorySegment.copy(block, ValueLayout.JAVA_FLOAT, offset, values, 0, values.length);
    fromLogits();
  }

  /** Interprets the values as logits. If one is NaN or infinite, so are the log-probabilities. */
  void fromLogits() {
    findArgmax();
    float max = values[argmax];
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double weight = Math.exp((double) values[i] - max);
      weights[i] = weight;
      sum += weight;
    }
    total = sum;
    logNormalizer = max + Math.log(sum);
    normalized = true;
  }

  /** Interprets the values as log-probabilities, without normalising them. */
  void fromLogProbabilities() {
    findArgmax();
    for (int i = 0; i < values.length; i++) {
      weights[i] = values[i] > MIN_LOG_PROBABILITY ? Math.exp(values[i]) : 0;
    }
    total = 1;
    logNormalizer = 0;
    normalized = false;
  }

  private void findArgmax() {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    argmax = best;
  }

  double logProbability(int token) {
    return values[token] - logNormalizer;
  }

  /** The most likely token; the lowest id among equals. */
  int argmax() {
    return argmax;
  }

  /** Log-sum-exp of the logits. */
  double logSumExp() {
    return logNormalizer;
  }

  /**
   * The Kullback-Leibler divergence D(this || other), in nats. It may be slightly negative for
   * probabilities from a file, which do not exactly sum to 1.
   */
  double klDivergence(Distribution other) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      double weight = weights[i];
      if (weight > 0) {
        sum += weight * ((values[i] - logNormalizer) - (other.values[i] - other.logNormalizer));
      }
    }
    double mean = sum / total;
    return normalized ? Math.max(0, mean) : mean;
  }
}
