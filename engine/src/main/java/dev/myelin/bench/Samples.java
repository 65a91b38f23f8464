package dev.myelin.bench;

import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/**
 * The times of one test.
 *
 * @param nanos of each repetition, in the order they were taken
 * @param tokens computed in each
 */
public record Samples(List<Long> nanos, int tokens) {
  public Samples {
    nanos = List.copyOf(nanos);
  }

  public long averageNanos() {
    return (long) longs().average().orElse(0);
  }

  /** Deviation of the sample (n - 1), 0 of a single one. */
  public long deviationNanos() {
    return (long) deviation(longs().mapToDouble(n -> n));
  }

  /** Tokens a second of each repetition. */
  public List<Double> rates() {
    return rate().boxed().toList();
  }

  public double averageRate() {
    return rate().average().orElse(0);
  }

  public double deviationRate() {
    return deviation(rate());
  }

  /**
   * Tokens a second that {@code percent} of the repetitions do not exceed, interpolated between
   * neighbours; 50 is the median.
   */
  public double percentileRate(double percent) {
    return percentile(rate().sorted().toArray(), percent);
  }

  static double percentile(double[] sorted, double percent) {
    if (sorted.length == 0) {
      return 0;
    }
    double at = percent / 100 * (sorted.length - 1);
    int below = (int) Math.floor(at);
    int above = (int) Math.ceil(at);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  private static double deviation(DoubleStream values) {
    double[] all = values.toArray();
    if (all.length < 2) {
      return 0;
    }
    double mean = Arrays.stream(all).average().orElse(0);
    double squares = Arrays.stream(all).map(v -> (v - mean) * (v - mean)).sum();
    return Math.sqrt(squares / (all.length - 1));
  }

  private LongStream longs() {
    return nanos.stream().mapToLong(Long::longValue);
  }

  private DoubleStream rate() {
    return longs().mapToDouble(n -> 1e9 * tokens / n);
  }
}
