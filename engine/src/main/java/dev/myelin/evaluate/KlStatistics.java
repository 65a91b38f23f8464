package dev.myelin.evaluate;

import java.util.Arrays;

/** Adds up what a comparison finds, prediction by prediction. */
final class KlStatistics {
  private final int planned;
  private final Moments.Pair losses = new Moments.Pair();
  private final Moments divergence = new Moments();
  private final Moments deltaP = new Moments();
  private final Moments squaredDeltaP = new Moments();
  private double[] divergences = new double[1024];
  private double[] deltas = new double[1024];
  private int count;
  private int sameTop;

  /** One prediction: losses in nats, divergence in nats, whether both prefer the same token. */
  record Prediction(double loss, double originalLoss, double divergence, boolean sameTop) {}

  KlStatistics(int planned) {
    this.planned = planned;
  }

  void add(Prediction p) {
    double delta = Math.exp(-p.loss) - Math.exp(-p.originalLoss);
    losses.add(p.loss, p.originalLoss);
    divergence.add(p.divergence);
    deltaP.add(delta);
    squaredDeltaP.add(delta * delta);
    sameTop += p.sameTop ? 1 : 0;
    if (count == deltas.length) {
      divergences = Arrays.copyOf(divergences, 2 * count);
      deltas = Arrays.copyOf(deltas, 2 * count);
    }
    divergences[count] = p.divergence;
    deltas[count] = delta;
    count++;
  }

  KlFigures figures(int chunks) {
    return new KlFigures(
        chunks,
        planned,
        count,
        losses.first(),
        losses.second(),
        losses.covariance(),
        divergence.estimate(),
        deltaP.estimate(),
        squaredDeltaP.estimate(),
        Estimate.share(sameTop, count));
  }

  KlResult result(KlFigures figures) {
    int complete = Math.toIntExact(figures.predictions());
    return new KlResult(
        figures,
        new Spread(Arrays.copyOf(divergences, complete)),
        new Spread(Arrays.copyOf(deltas, complete)));
  }
}
