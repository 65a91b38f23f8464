package dev.myelin.evaluate;

/**
 * Comparison of a quantised model with its original over the chunks done so far. <i>Δp</i> is the
 * probability that the quantised model assigns to the text's token, minus that of the original.
 * Immutable and thread-safe.
 *
 * @param chunks number of chunks done
 * @param totalChunks number of chunks of the text
 * @param predictions number of predicted tokens
 * @param loss mean negative log-likelihood per token, in nats
 * @param originalLoss loss of the original
 * @param covariance covariance of the two means; both are of the same tokens, so their difference
 *     has a smaller error than either
 * @param divergence mean Kullback-Leibler divergence from the original, in nats
 * @param deltaP mean Δp
 * @param squaredDeltaP mean square of Δp
 * @param sameTop fraction of the predictions with the same most likely token
 */
public record KlStatistics(
    int chunks,
    int totalChunks,
    long predictions,
    Estimate loss,
    Estimate originalLoss,
    double covariance,
    Estimate divergence,
    Estimate deltaP,
    Estimate squaredDeltaP,
    Estimate sameTop) {

  public Estimate perplexity() {
    return loss.exp();
  }

  public Estimate originalPerplexity() {
    return originalLoss.exp();
  }

  /** The logarithm of the ratio of the two perplexities. */
  public Estimate logRatio() {
    double variance = square(loss.error()) + square(originalLoss.error()) - 2 * covariance;
    return new Estimate(loss.value() - originalLoss.value(), Math.sqrt(Math.max(0, variance)));
  }

  /** The perplexity divided by that of the original. */
  public Estimate ratio() {
    return logRatio().exp();
  }

  /** The perplexity minus that of the original. */
  public Estimate difference() {
    Estimate p = perplexity();
    Estimate q = originalPerplexity();
    double variance =
        square(p.error()) + square(q.error()) - 2 * p.value() * q.value() * covariance;
    return new Estimate(p.value() - q.value(), Math.sqrt(Math.max(0, variance)));
  }

  /** The correlation of the two losses, -1 to 1; 0 if either is constant. */
  public double correlation() {
    double scale = loss.error() * originalLoss.error();
    return scale == 0 ? 0 : covariance / scale;
  }

  /** The root of the mean square of Δp. */
  public Estimate rmsDeltaP() {
    double rms = Math.sqrt(squaredDeltaP.value());
    return new Estimate(rms, rms == 0 ? 0 : 0.5 / rms * squaredDeltaP.error());
  }

  /** Whether all chunks are done; false after a cancellation. */
  public boolean isComplete() {
    return chunks == totalChunks;
  }

  private static double square(double x) {
    return x * x;
  }
}
