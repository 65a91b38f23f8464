package dev.myelin.bench;

import java.util.Arrays;
import java.util.List;

/**
 * Times of one test.
 *
 * @param nanoseconds of each repetition, at least one
 * @param tokens computed in each
 */
public record Samples(List<Long> nanoseconds, int tokens) {
  public Samples {
    nanoseconds = List.copyOf(nanoseconds);
    if (nanoseconds.isEmpty()) {
      throw new IllegalArgumentException("no samples");
    }
  }

  /** Tokens a second of each repetition. */
  public double[] rates() {
    return nanoseconds.stream().mapToDouble(ns -> tokens * 1e9 / Math.max(1, ns)).toArray();
  }

  public double meanRate() {
    return mean(rates());
  }

  /** The standard deviation of the rates, estimated from the sample (n - 1); 0 of a single one. */
  public double rateDeviation() {
    return deviation(rates());
  }

  public double meanNanoseconds() {
    return mean(times());
  }

  public double nanosecondsDeviation() {
    return deviation(times());
  }

  public double medianRate() {
    return rateAt(0.5);
  }

  /**
   * The rate below which this share of the repetitions stays, linear between neighbours.
   *
   * @param share 0 for the slowest, 0.5 for the median, 1 for the fastest
   */
  public double rateAt(double share) {
    return quantile(rates(), share);
  }

  /** The median over the repetitions of how many times as long as this one the other took. */
  public double medianSpeedUp(Samples other) {
    double[] ratios = new double[Math.min(nanoseconds.size(), other.nanoseconds.size())];
    Arrays.setAll(ratios, i -> (double) other.nanoseconds.get(i) / Math.max(1, nanoseconds.get(i)));
    return quantile(ratios, 0.5);
  }

  private static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double at = share * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  private double[] times() {
    return nanoseconds.stream().mapToDouble(Long::doubleValue).toArray();
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static double deviation(double[] values) {
    if (values.length < 2) {
      return 0;
    }
    double mean = mean(values);
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares / (values.length - 1));
  }
}
