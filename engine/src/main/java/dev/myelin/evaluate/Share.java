package dev.myelin.evaluate;

/**
 * A share of trials, and Wilson's interval for the share that it is a sample of (Wilson, 1927):
 * within 0 to 1, and of a width above 0 where every trial was a hit.
 *
 * @param value hits over trials
 * @param error half the width of the interval of one standard error
 * @param low the lower end of the interval that holds the true share in 95 % of samples
 * @param high its upper end
 */
public record Share(double value, double error, double low, double high) {
  private static final double Z_95 = 1.959963984540054;

  static Share of(long hits, long trials) {
    if (trials == 0) {
      return new Share(0, 0.5, 0, 1);
    }
    double p = (double) hits / trials;
    double middle = middle(p, trials, Z_95);
    double half = half(p, trials, Z_95);
    return new Share(
        p,
        half(p, trials, 1),
        hits == 0 ? 0 : Math.max(0, middle - half),
        hits == trials ? 1 : Math.min(1, middle + half));
  }

  private static double middle(double p, long n, double z) {
    return (p + z * z / (2 * n)) / (1 + z * z / n);
  }

  private static double half(double p, long n, double z) {
    return z * Math.sqrt(p * (1 - p) / n + z * z / (4.0 * n * n)) / (1 + z * z / n);
  }
}
