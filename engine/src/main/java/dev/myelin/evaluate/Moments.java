package dev.myelin.evaluate;

/** Mean and spread of values that come one by one, and what two such series have in common. */
final class Moments {
  private long count;
  private double mean;
  private double squares; // of the differences from the mean (Welford 1962)

  void add(double value) {
    count++;
    double before = value - mean;
    mean += before / count;
    squares += before * (value - mean);
  }

  long count() {
    return count;
  }

  /** The mean; its error is that of independent values, from their deviation over n - 1. */
  Estimate estimate() {
    double error = count < 2 ? 0 : Math.sqrt(squares / count / (count - 1));
    return new Estimate(mean, error);
  }

  /** Two series, value by value. */
  static final class Pair {
    private final Moments first = new Moments();
    private final Moments second = new Moments();
    private double products; // of the differences from the means

    void add(double a, double b) {
      double before = a - first.mean;
      first.add(a);
      second.add(b);
      products += before * (b - second.mean);
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
      return n < 2 ? 0 : products / n / (n - 1);
    }
  }
}
