package dev.myelin.cli.evaluate;

import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.evaluate.Estimate;
import dev.myelin.evaluate.KlResult;
import dev.myelin.evaluate.KlStatistics;
import dev.myelin.evaluate.TextChunks;
import java.util.Locale;

/** A comparison with an original for people. */
final class KlText {
  /** Shares of the predictions, those of llama.cpp, from the largest value down. */
  static final double[] SHARES = {
    1, 0.999, 0.99, 0.95, 0.9, 0.75, 0.5, 0.25, 0.1, 0.05, 0.01, 0.001, 0
  };

  private KlText() {}

  static String of(KlResult result, TextChunks cut) {
    KlStatistics f = result.statistics();
    String means =
        new TextTable("ll")
            .row("perplexity", PerplexityText.estimate(f.perplexity(), 6))
            .row("of the original", PerplexityText.estimate(f.originalPerplexity(), 6))
            .row("ratio", PerplexityText.estimate(f.ratio(), 6))
            .row("ln(ratio)", PerplexityText.estimate(f.logRatio(), 6))
            .row("difference", PerplexityText.estimate(f.difference(), 6))
            .row("correlation", percent(f.correlation(), 2))
            .row("KL divergence", PerplexityText.estimate(f.divergence(), 6))
            .row("mean Δp", percent(f.deltaP()))
            .row("RMS Δp", percent(f.rmsDeltaP()))
            .row("same top token", percent(f.sameTop()))
            .row("predicted", PerplexityText.predicted(f.predictions(), f.chunks(), cut))
            .toString();
    TextTable spread = new TextTable("lrr").row("of predictions", "KL divergence", "Δp");
    for (double share : SHARES) {
      spread.row(
          name(share),
          Units.decimals(result.divergences().value(share), 6),
          percent(result.deltaPs().value(share), 3));
    }
    return means + "\n" + spread;
  }

  private static String name(double share) {
    if (share == 0) {
      return "minimum";
    }
    if (share == 0.5) {
      return "median";
    }
    return share == 1 ? "maximum" : Units.decimals(100 * share, 1) + " %";
  }

  /** A line for a chunk. */
  static String running(KlStatistics step) {
    Estimate p = step.perplexity();
    Estimate ratio = step.logRatio();
    Estimate divergence = step.divergence();
    return String.format(
        Locale.ROOT,
        "%6d  %10.4f ± %8.5f  ln(ratio) %9.5f ± %8.5f  KL %9.5f ± %8.5f  RMS Δp %s  same top %s\n",
        step.chunks(),
        p.value(),
        p.error(),
        ratio.value(),
        ratio.error(),
        divergence.value(),
        divergence.error(),
        percent(step.rmsDeltaP()),
        percent(step.sameTop()));
  }

  private static String percent(Estimate e) {
    return Units.decimals(100 * e.value(), 3) + " ± " + Units.decimals(100 * e.error(), 3) + " %";
  }

  private static String percent(double share, int digits) {
    return Units.decimals(100 * share, digits) + " %";
  }
}
