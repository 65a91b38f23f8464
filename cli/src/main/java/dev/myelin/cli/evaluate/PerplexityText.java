package dev.myelin.cli.evaluate;

import dev.myelin.cli.io.TextTable;
import dev.myelin.cli.io.Units;
import dev.myelin.evaluate.Estimate;
import dev.myelin.evaluate.PerplexityResult;
import dev.myelin.evaluate.TextChunks;
import java.util.Locale;

/** A perplexity for people. */
final class PerplexityText {
  private static final double NATS_A_BIT = Math.log(2);

  private PerplexityText() {}

  static String of(PerplexityResult result, TextChunks cut) {
    Estimate loss = result.loss();
    return new TextTable("ll")
        .row("perplexity", estimate(result.perplexity(), 4))
        .row(
            "loss",
            estimate(loss, 5)
                + " nats per token, "
                + Units.decimals(loss.value() / NATS_A_BIT, 4)
                + " bits")
        .row("predicted", predicted(result.predictions(), result.chunks(), cut))
        .toString();
  }

  static String predicted(long predictions, int chunks, TextChunks cut) {
    return "%s tokens, in %s chunks of %s"
        .formatted(Units.exact(predictions), Units.exact(chunks), Units.exact(cut.contextLength()));
  }

  /** A line for a chunk. */
  static String running(PerplexityResult step) {
    Estimate p = step.perplexity();
    return String.format(Locale.ROOT, "%6d  %10.4f ± %8.5f\n", step.chunks(), p.value(), p.error());
  }

  /** The error has a digit more than the value. */
  static String estimate(Estimate e, int digits) {
    return Units.decimals(e.value(), digits) + " ± " + Units.decimals(e.error(), digits + 1);
  }
}
