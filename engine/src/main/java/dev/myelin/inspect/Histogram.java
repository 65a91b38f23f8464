package dev.myelin.inspect;

import java.util.List;

/**
 * How a tensor's values are distributed. Figures are of the finite values among those looked at;
 * where there are none they are NaN.
 *
 * @param looked values looked at
 * @param sampled whether those are evenly spread rows rather than all
 * @param nans values that are no number
 * @param infinities infinite ones
 * @param zeros how many are exactly zero
 * @param deviation standard deviation, of all and not of a sample
 * @param low lower end of the first bin: the least value, but at most {@value #DEVIATIONS}
 *     deviations from the mean
 * @param high upper end of the last bin, likewise; it belongs to that bin
 * @param below finite values below {@code low}
 * @param above finite values above {@code high}
 * @param bins values in each of {@value #BINS} bins of equal width; empty without finite values. If
 *     all values are the same, they are in the first
 */
public record Histogram(
    long looked,
    boolean sampled,
    long nans,
    long infinities,
    long zeros,
    double min,
    double max,
    double mean,
    double deviation,
    double low,
    double high,
    long below,
    long above,
    List<Long> bins) {
  public static final int BINS = 64;

  /** Single values far out would leave all others in one bin. */
  public static final int DEVIATIONS = 5;

  public Histogram {
    bins = List.copyOf(bins);
  }

  /** Values that are numbers and not infinite. */
  public long finite() {
    return looked - nans - infinities;
  }

  /** The part of the finite values that is exactly zero, 0 to 1. */
  public double zeroFraction() {
    return finite() == 0 ? 0 : (double) zeros / finite();
  }
}
