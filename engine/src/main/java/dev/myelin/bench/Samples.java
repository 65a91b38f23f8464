package dev.myelin.bench;

import java.util.Arrays;
import java.util.List;

/**
 * The times of one engine in one test. Immutable and thread-safe.
 *
 * @param nanoseconds time of each repetition, at least one
 * @param tokens number of tokens per repetition
 */
public record Samples(List<Long> nanoseconds, int tokens) {
  public Samples {
    nanoseconds = List.copyOf(nanoseconds);
    if (nanoseconds.isEmpty()) {
      throw new IllegalArgumentException("no samples");
    }
  }

  /** Tokens per second of each repetition. */
  public double[] rates() {
    return nanoseconds.stream().mapToDouble(ns -> tokens * 1e9 / Math.max(1, ns)).toArray();
  }

  public double meanRate() {
    return mean(rates());
  }

  /** Sample standard deviation of the rates (n - 1); 0 for a single repetition. */
  public double rateStddev() {
    return stddev(rates());
  }

  public double meanNanoseconds() {
    return mean(times());
  }

  public double nanosecondsStddev() {
    return stddev(times());
  }

  public double medianRate() {
    return rateQuantile(0.5);
  }

  /**
   * A quantile of the rates, with linear interpolation.
   *
   * @param q 0 for the slowest, 0.5 for the median, 1 for the fastest
   */
  public double rateQuantile(double q) {
    return quantile(rates(), q);
  }

  /** Median over the repetitions of the other's time divided by this one's. */
  public double medianSpeedup(Samples other) {
    double[] ratios = new double[Math.min(nanoseconds.size(), other.nanoseconds.size())];
    Arrays.setAll(ratios, i -> (double) other.nanoseconds.get(i) / Math.max(1, nanoseconds.get(i)));
    return quantile(ratios, 0.5);
  }

  static double median(double[] values) {
    return quantile(values, 0.5);
  }

  private static double quantile(double[] values, double q) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double at = q * (sorted.length - 1);
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

  private static double stddev(double[] values) {
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
