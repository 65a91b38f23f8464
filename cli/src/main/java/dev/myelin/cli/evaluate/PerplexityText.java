package dev.myelin.cli.evaluate;

import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.evaluate.Estimate;
import dev.myelin.evaluate.PerplexityResult;
import dev.myelin.evaluate.TextChunks;
import java.util.Locale;

/** The perplexity as text. */
final class PerplexityText {
  private static final double NATS_PER_BIT = Math.log(2);

  private PerplexityText() {}

  static String of(PerplexityResult result, TextChunks chunks) {
    Estimate loss = result.loss();
    return new TextTable("ll")
        .row("perplexity", estimate(result.perplexity(), 4))
        .row(
            "loss",
            estimate(loss, 5)
                + " nats per token, "
                + Units.decimals(loss.value() / NATS_PER_BIT, 4)
                + " bits")
        .row("tokens", tokens(result.predictions(), result.chunks(), chunks))
        .toString();
  }

  static String tokens(long predictions, int count, TextChunks chunks) {
    return "%s scored, in %s chunks of %s"
        .formatted(
            Units.grouped(predictions),
            Units.grouped(count),
            Units.grouped(chunks.contextLength()));
  }

  /** The line printed after a chunk. */
  static String chunkLine(PerplexityResult step) {
    Estimate p = step.perplexity();
    return String.format(Locale.ROOT, "%6d  %10.4f ± %8.5f\n", step.chunks(), p.value(), p.error());
  }

  /** The error has one digit more than the value. */
  static String estimate(Estimate e, int digits) {
    return Units.decimals(e.value(), digits) + " ± " + Units.decimals(e.error(), digits + 1);
  }
}
