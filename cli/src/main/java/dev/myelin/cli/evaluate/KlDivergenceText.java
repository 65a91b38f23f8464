package dev.myelin.cli.evaluate;

import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.evaluate.Estimate;
import dev.myelin.evaluate.KlResult;
import dev.myelin.evaluate.KlStatistics;
import dev.myelin.evaluate.TextChunks;
import java.util.Locale;

/** The comparison with a base model as text. */
final class KlDivergenceText {
  /** The quantiles that llama.cpp prints, from the maximum to the minimum. */
  static final double[] QUANTILES = {
    1, 0.999, 0.99, 0.95, 0.9, 0.75, 0.5, 0.25, 0.1, 0.05, 0.01, 0.001, 0
  };

  private KlDivergenceText() {}

  static String of(KlResult result, TextChunks chunks) {
    KlStatistics f = result.statistics();
    String means =
        new TextTable("ll")
            .row("perplexity", PerplexityText.estimate(f.perplexity(), 6))
            .row("base perplexity", PerplexityText.estimate(f.originalPerplexity(), 6))
            .row("PPL / base", PerplexityText.estimate(f.ratio(), 6))
            .row("ln(PPL / base)", PerplexityText.estimate(f.logRatio(), 6))
            .row("PPL - base", PerplexityText.estimate(f.difference(), 6))
            .row("correlation", percent(f.correlation(), 2))
            .row("mean KLD", PerplexityText.estimate(f.divergence(), 6))
            .row("mean Δp", percent(f.deltaP()))
            .row("RMS Δp", percent(f.rmsDeltaP()))
            .row("same top token", percent(f.sameTop()))
            .row("tokens", PerplexityText.tokens(f.predictions(), f.chunks(), chunks))
            .toString();
    TextTable quantiles = new TextTable("lrr").row("quantile", "KLD", "Δp");
    for (double quantile : QUANTILES) {
      quantiles.row(
          name(quantile),
          Units.decimals(result.divergences().value(quantile), 6),
          percent(result.deltaPs().value(quantile), 3));
    }
    return means + "\n" + quantiles;
  }

  private static String name(double quantile) {
    if (quantile == 0) {
      return "minimum";
    }
    if (quantile == 0.5) {
      return "median";
    }
    return quantile == 1 ? "maximum" : Units.decimals(100 * quantile, 1) + " %";
  }

  /** The line printed after a chunk. */
  static String chunkLine(KlStatistics step) {
    Estimate p = step.perplexity();
    Estimate ratio = step.logRatio();
    Estimate divergence = step.divergence();
    return String.format(
        Locale.ROOT,
        "%6d  %10.4f ± %8.5f  ln(PPL / base) %9.5f ± %8.5f  KLD %9.5f ± %8.5f  RMS Δp %s  same top"
            + " %s\n",
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

  private static String percent(double quantile, int digits) {
    return Units.decimals(100 * quantile, digits) + " %";
  }
}
