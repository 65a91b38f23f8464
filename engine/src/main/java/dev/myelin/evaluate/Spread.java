package dev.myelin.evaluate;

import java.util.Arrays;

/** Values in order, for their quantiles. */
public final class Spread {
  private final double[] sorted;

  /**
   * @param values at least one
   */
  Spread(double[] values) {
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
   * The value that this share of them does not exceed, linear between neighbours.
   *
   * @param share 0 for the smallest, 0.5 for the median, 1 for the largest
   */
  public double at(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("share " + share + ": expected 0 to 1");
    }
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
