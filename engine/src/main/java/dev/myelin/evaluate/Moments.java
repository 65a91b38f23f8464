package dev.myelin.evaluate;

/** Running mean and variance of a series, and the covariance of two. */
final class Moments {
  private long count;
  private double mean;
  private double sumOfSquares; // of the deviations from the mean (Welford 1962)

  void add(double value) {
    count++;
    double delta = value - mean;
    mean += delta / count;
    sumOfSquares += delta * (value - mean);
  }

  long count() {
    return count;
  }

  /** The mean and its standard error, for independent values and n - 1 degrees of freedom. */
  Estimate estimate() {
    double error = count < 2 ? 0 : Math.sqrt(sumOfSquares / count / (count - 1));
    return new Estimate(mean, error);
  }

  /** Two series of equal length. */
  static final class Pair {
    private final Moments first = new Moments();
    private final Moments second = new Moments();
    private double sumOfProducts; // of the deviations from the means

    void add(double a, double b) {
      double delta = a - first.mean;
      first.add(a);
      second.add(b);
      sumOfProducts += delta * (b - second.mean);
    }

    Estimate first() {
      return first.estimate();
    }

    Estimate second() {
      return second.estimate();
    }

    /** The covariance of the two means. */
    double covariance() {
      long n = first.count;
      return n < 2 ? 0 : sumOfProducts / n / (n - 1);
    }
  }
}
