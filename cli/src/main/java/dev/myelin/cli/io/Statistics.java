package dev.myelin.cli.io;

import dev.myelin.adapter.AdapterInfo;
import dev.myelin.error.Printable;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Metrics;
import dev.myelin.model.Model;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Lines on standard error about a generation and its model. */
public final class Statistics {
  private Statistics() {}

  public static void printTimings(Console console, Generation generation) {
    Metrics m = generation.metrics();
    console.note(rate("prompt", m.promptTokens(), m.prefillTokensPerSecond()));
    if (m.loadedTokens() > 0) {
      console.note(rate("prompt cache", m.loadedTokens(), 0));
    }
    console.note(rate("generation", m.generatedTokens(), m.decodeTokensPerSecond()));
    console.note("%-12s %7s ms".formatted("first token", milliseconds(m.timeToFirstToken())));
  }

  /** Prints a line for each adapter of the model. */
  public static void printAdapters(Console console, Model model) {
    for (AdapterInfo adapter : model.adapters()) {
      String ranks =
          adapter.lowestRank() == adapter.highestRank()
              ? "rank " + adapter.lowestRank()
              : "ranks " + adapter.lowestRank() + " to " + adapter.highestRank();
      String norms =
          adapter.ignoredNorms() == 0 ? "" : ", " + adapter.ignoredNorms() + " norms ignored";
      String description =
          "%s, scale %s, %s %s, %s%s"
              .formatted(
                  adapter.file(),
                  adapter.scale(),
                  adapter.weights(),
                  adapter.weights() == 1 ? "matrix" : "matrices",
                  ranks,
                  norms);
      console.note("%-12s %s".formatted("adapter", Printable.of(description)));
    }
  }

  /** Prints notes about unusual keys of the model. Call it once, after loading. */
  public static void printModelNotes(Console console, Model model) {
    printModelNotes(console, model.file().path(), model.notes());
  }

  public static void printModelNotes(Console console, Path file, List<String> notes) {
    for (String note : notes) {
      console.note(Printable.of("note: " + file + ": " + note));
    }
  }

  /** Prints the sampling parameters that the model's file recommends. */
  public static void printRecommendedSampling(Console console, Model model) {
    List<String> values = model.sampling().values();
    if (!values.isEmpty()) {
      console.note(
          "%-12s the model recommends %s".formatted("sampling", String.join(", ", values)));
    }
  }

  private static String rate(String what, int tokens, double perSecond) {
    String speed = perSecond == 0 ? "" : String.format(Locale.ROOT, " %9.2f tokens/s", perSecond);
    return String.format(Locale.ROOT, "%-12s %7d tokens%s", what, tokens, speed);
  }

  public static String milliseconds(Duration time) {
    return String.format(Locale.ROOT, "%.1f", time.toNanos() / 1e6);
  }
}
