package dev.myelin.inspect;

import java.util.Arrays;
import java.util.List;

/**
 * Counts values into a {@link Histogram}: all of them are shown to {@link #measure} first, which
 * finds their range, and then to {@link #count}.
 */
final class Tally {
  private long nans;
  private long infinities;
  private long zeros;
  private long finite;
  private double pivot;
  private double sum;
  private double squares;
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;

  private double low;
  private double high;
  private double binsPerUnit;
  private long below;
  private long above;
  private final long[] bins = new long[Histogram.BINS];

  void measure(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      double v = values[i];
      if (Math.abs(v) <= Float.MAX_VALUE) {
        pivot = finite++ == 0 ? v : pivot; // sums of differences keep their digits
        zeros += v == 0 ? 1 : 0;
        min = Math.min(min, v);
        max = Math.max(max, v);
        sum += v - pivot;
        squares += (v - pivot) * (v - pivot);
      } else if (v != v) {
        nans++;
      } else {
        infinities++;
      }
    }
  }

  /** Ends the measuring. */
  void range() {
    if (finite == 0) {
      return; // there is nothing to count
    }
    low = Math.max(min, mean() - Histogram.DEVIATIONS * deviation());
    high = Math.min(max, mean() + Histogram.DEVIATIONS * deviation());
    binsPerUnit = high > low ? bins.length / (high - low) : 0;
  }

  void count(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      double v = values[i];
      if (v >= low && v <= high) {
        bins[Math.min(bins.length - 1, (int) ((v - low) * binsPerUnit))]++;
      } else if (v < low) {
        below += v == Double.NEGATIVE_INFINITY ? 0 : 1;
      } else if (v > high) {
        above += v == Double.POSITIVE_INFINITY ? 0 : 1;
      }
    }
  }

  private double mean() {
    return Math.clamp(pivot + sum / finite, min, max);
  }

  private double deviation() {
    double offset = sum / finite;
    return Math.sqrt(Math.max(0, squares / finite - offset * offset));
  }

  Histogram result(boolean sampled) {
    long looked = finite + nans + infinities;
    if (finite == 0) {
      double none = Double.NaN;
      return new Histogram(
          looked,
          sampled,
          nans,
          infinities,
          0,
          none,
          none,
          none,
          none,
          none,
          none,
          0,
          0,
          List.of());
    }
    return new Histogram(
        looked,
        sampled,
        nans,
        infinities,
        zeros,
        min,
        max,
        mean(),
        deviation(),
        low,
        high,
        below,
        above,
        Arrays.stream(bins).boxed().toList());
  }
}
