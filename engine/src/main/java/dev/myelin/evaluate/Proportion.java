package dev.myelin.evaluate;

/**
 * A proportion of hits in trials, with its Wilson score interval (Wilson, 1927). The interval is
 * within 0 to 1 and never empty, even if every trial is a hit. Immutable and thread-safe.
 *
 * @param value hits divided by trials
 * @param error half the width of the interval for one standard error
 * @param low lower bound of the 95 % interval
 * @param high upper bound of the 95 % interval
 */
public record Proportion(double value, double error, double low, double high) {
  private static final double Z_95 = 1.959963984540054;

  static Proportion of(long hits, long trials) {
    if (trials == 0) {
      return new Proportion(0, 0.5, 0, 1);
    }
    double p = (double) hits / trials;
    double center = center(p, trials, Z_95);
    double halfWidth = halfWidth(p, trials, Z_95);
    return new Proportion(
        p,
        halfWidth(p, trials, 1),
        hits == 0 ? 0 : Math.max(0, center - halfWidth),
        hits == trials ? 1 : Math.min(1, center + halfWidth));
  }

  private static double center(double p, long n, double z) {
    return (p + z * z / (2 * n)) / (1 + z * z / n);
  }

  private static double halfWidth(double p, long n, double z) {
    return z * Math.sqrt(p * (1 - p) / n + z * z / (4.0 * n * n)) / (1 + z * z / n);
  }
}
