package dev.myelin.evaluate;

/**
 * A quantised model beside its original, over a text or the chunks of it done so far. <i>Δp</i> is
 * the probability that the quantised model gives to the text's token, less that of the original.
 *
 * @param chunks done
 * @param planned how many there are to do
 * @param predictions tokens predicted
 * @param loss mean negative log-likelihood of a token, in nats
 * @param originalLoss the original's
 * @param covariance of these two means: they are of the same tokens, so that their difference is
 *     known better than either
 * @param divergence mean Kullback-Leibler divergence from the original, in nats
 * @param deltaP mean Δp
 * @param squaredDeltaP mean square of Δp
 * @param sameTop share of the predictions whose likeliest token is the same
 */
public record KlFigures(
    int chunks,
    int planned,
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

  /** The logarithm of the ratio of the perplexities. */
  public Estimate logRatio() {
    double variance = square(loss.error()) + square(originalLoss.error()) - 2 * covariance;
    return new Estimate(loss.value() - originalLoss.value(), Math.sqrt(Math.max(0, variance)));
  }

  /** The perplexity over the original's. */
  public Estimate ratio() {
    return logRatio().exp();
  }

  /** The perplexity less the original's. */
  public Estimate difference() {
    Estimate p = perplexity();
    Estimate q = originalPerplexity();
    double variance =
        square(p.error()) + square(q.error()) - 2 * p.value() * q.value() * covariance;
    return new Estimate(p.value() - q.value(), Math.sqrt(Math.max(0, variance)));
  }

  /**
   * How far the two losses go together from token to token, -1 to 1; 0 where either never varies.
   */
  public double correlation() {
    double scale = loss.error() * originalLoss.error();
    return scale == 0 ? 0 : covariance / scale;
  }

  /** The root of the mean square of Δp. */
  public Estimate rmsDeltaP() {
    double rms = Math.sqrt(squaredDeltaP.value());
    return new Estimate(rms, rms == 0 ? 0 : 0.5 / rms * squaredDeltaP.error());
  }

  /** Whether no chunk is left; false after a cancellation. */
  public boolean isComplete() {
    return chunks == planned;
  }

  private static double square(double x) {
    return x * x;
  }
}
