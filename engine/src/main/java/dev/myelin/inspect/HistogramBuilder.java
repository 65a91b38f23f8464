package dev.myelin.inspect;

import java.util.Arrays;
import java.util.List;

/**
 * Builds a {@link Histogram} in two passes over the values: {@link #addToRange} finds the range,
 * then {@link #addToBins} counts.
 */
final class HistogramBuilder {
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

  void addToRange(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      double v = values[i];
      if (Math.abs(v) <= Float.MAX_VALUE) {
        pivot = finite++ == 0 ? v : pivot; // differences to a pivot keep the sums precise
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

  /** Ends the first pass. */
  void setRange() {
    if (finite == 0) {
      return; // no values to count
    }
    low = Math.max(min, mean() - Histogram.MAX_DEVIATIONS * deviation());
    high = Math.min(max, mean() + Histogram.MAX_DEVIATIONS * deviation());
    binsPerUnit = high > low ? bins.length / (high - low) : 0;
  }

  void addToBins(float[] values, int count) {
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

  Histogram build(boolean sampled) {
    long count = finite + nans + infinities;
    if (finite == 0) {
      double nan = Double.NaN;
      return new Histogram(
          count, sampled, nans, infinities, 0, nan, nan, nan, nan, nan, nan, 0, 0, List.of());
    }
    return new Histogram(
        count,
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
