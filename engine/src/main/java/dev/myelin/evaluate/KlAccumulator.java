package dev.myelin.evaluate;

import java.util.Arrays;

/** Accumulates the statistics of a comparison, prediction by prediction. */
final class KlAccumulator {
  private final int totalChunks;
  private final Moments.Pair losses = new Moments.Pair();
  private final Moments divergence = new Moments();
  private final Moments deltaP = new Moments();
  private final Moments squaredDeltaP = new Moments();
  private double[] divergences = new double[1024];
  private double[] deltaPs = new double[1024];
  private int count;
  private int sameTop;

  /**
   * One prediction: losses and divergence in nats, and whether the most likely token is the same.
   */
  record Prediction(double loss, double originalLoss, double divergence, boolean sameTop) {}

  KlAccumulator(int planned) {
    this.totalChunks = planned;
  }

  void add(Prediction p) {
    double delta = Math.exp(-p.loss) - Math.exp(-p.originalLoss);
    losses.add(p.loss, p.originalLoss);
    divergence.add(p.divergence);
    deltaP.add(delta);
    squaredDeltaP.add(delta * delta);
    sameTop += p.sameTop ? 1 : 0;
    if (count == deltaPs.length) {
      divergences = Arrays.copyOf(divergences, 2 * count);
      deltaPs = Arrays.copyOf(deltaPs, 2 * count);
    }
    divergences[count] = p.divergence;
    deltaPs[count] = delta;
    count++;
  }

  KlStatistics statistics(int chunks) {
    return new KlStatistics(
        chunks,
        totalChunks,
        count,
        losses.first(),
        losses.second(),
        losses.covariance(),
        divergence.estimate(),
        deltaP.estimate(),
        squaredDeltaP.estimate(),
        Estimate.proportion(sameTop, count));
  }

  KlResult result(KlStatistics statistics) {
    int count = Math.toIntExact(statistics.predictions());
    return new KlResult(
        statistics,
        new Quantiles(Arrays.copyOf(divergences, count)),
        new Quantiles(Arrays.copyOf(deltaPs, count)));
  }
}
