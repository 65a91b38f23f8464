package dev.myelin.inspect;

import java.util.List;

/**
 * A histogram of a tensor's values. The statistics are those of the finite values read; without
 * finite values they are NaN. Immutable and thread-safe.
 *
 * @param count values read
 * @param sampled whether only a sample of evenly spaced rows was read
 * @param nans NaN values
 * @param infinities infinite values
 * @param zeros values that are exactly zero
 * @param standardDeviation population standard deviation
 * @param low lower end of the first bin: the minimum, but at most {@value #MAX_DEVIATIONS} standard
 *     deviations from the mean
 * @param high upper end of the last bin, inclusive: the maximum, with the same limit
 * @param below finite values below {@code low}
 * @param above finite values above {@code high}
 * @param bins values in each of {@value #BINS} bins of equal width; empty without finite values. If
 *     all values are equal, they are in the first bin
 */
public record Histogram(
    long count,
    boolean sampled,
    long nans,
    long infinities,
    long zeros,
    double min,
    double max,
    double mean,
    double standardDeviation,
    double low,
    double high,
    long below,
    long above,
    List<Long> bins) {
  public static final int BINS = 64;

  /** Limits the range, because a single outlier would leave all other values in one bin. */
  public static final int MAX_DEVIATIONS = 5;

  public Histogram {
    bins = List.copyOf(bins);
  }

  /** Number of finite values. */
  public long finite() {
    return count - nans - infinities;
  }

  /** The fraction of finite values that are exactly zero, 0 to 1. */
  public double zeroFraction() {
    return finite() == 0 ? 0 : (double) zeros / finite();
  }
}
