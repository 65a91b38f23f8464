package dev.myelin.evaluate;

/**
 * A mean over a sample, and how sure it is.
 *
 * @param value the mean
 * @param error its standard error
 */
public record Estimate(double value, double error) {
  /** What e to the power of it is. */
  public Estimate exp() {
    double e = Math.exp(value);
    return new Estimate(e, e * error);
  }

  /** A share of {@code count} trials. */
  static Estimate share(long hits, long count) {
    double p = (double) hits / count;
    return new Estimate(p, count < 2 ? 0 : Math.sqrt(p * (1 - p) / (count - 1)));
  }
}
