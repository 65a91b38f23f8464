package dev.myelin.evaluate;

import java.util.Arrays;

/** Quantiles of a sample. Immutable and thread-safe. */
public final class Quantiles {
  private final double[] sorted;

  /**
   * @param values at least one
   */
  Quantiles(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    sorted = values.clone();
    Arrays.sort(sorted);
  }

  public int count() {
    return sorted.length;
  }

  /**
   * The quantile, with linear interpolation.
   *
   * @param quantile 0 is the minimum, 0.5 the median, 1 the maximum
   */
  public double value(double quantile) {
    if (!(quantile >= 0 && quantile <= 1)) {
      throw new IllegalArgumentException("quantile " + quantile + ": expected 0 to 1");
    }
    double position = quantile * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
