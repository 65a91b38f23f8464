package dev.myelin.evaluate;

/**
 * The mean of a sample and its standard error. Immutable and thread-safe.
 *
 * @param value the mean
 * @param error the standard error
 */
public record Estimate(double value, double error) {
  /** The estimate of e to the power of this value. */
  public Estimate exp() {
    double e = Math.exp(value);
    return new Estimate(e, e * error);
  }

  /** The proportion of hits in {@code count} trials. */
  static Estimate proportion(long hits, long count) {
    double p = (double) hits / count;
    return new Estimate(p, count < 2 ? 0 : Math.sqrt(p * (1 - p) / (count - 1)));
  }
}
