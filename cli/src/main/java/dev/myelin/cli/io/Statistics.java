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

/** What is said about a generation. */
public final class Statistics {
  private Statistics() {}

  public static void print(Console console, Generation generation) {
    Metrics m = generation.metrics();
    console.note(rate("prompt", m.promptTokens(), m.prefillTokensPerSecond()));
    console.note(rate("generation", m.generatedTokens(), m.decodeTokensPerSecond()));
    console.note("%-12s %7s ms".formatted("first token", milliseconds(m.timeToFirstToken())));
  }

  /** A line for each adapter of the model. */
  public static void adapters(Console console, Model model) {
    for (AdapterInfo adapter : model.adapters()) {
      String ranks =
          adapter.lowestRank() == adapter.highestRank()
              ? "rank " + adapter.lowestRank()
              : "ranks " + adapter.lowestRank() + " to " + adapter.highestRank();
      String norms =
          adapter.ignoredNorms() == 0
              ? ""
              : ", its " + adapter.ignoredNorms() + " norms are not used";
      String what =
          "%s, scale %s, %s %s, %s%s"
              .formatted(
                  adapter.file(),
                  adapter.scale(),
                  adapter.weights(),
                  adapter.weights() == 1 ? "matrix" : "matrices",
                  ranks,
                  norms);
      console.note("%-12s %s".formatted("adapter", Printable.of(what)));
    }
  }

  /** What is odd about a model's file; once, when it was loaded. */
  public static void notes(Console console, Model model) {
    notes(console, model.file().path(), model.notes());
  }

  public static void notes(Console console, Path file, List<String> notes) {
    for (String note : notes) {
      console.note(Printable.of("note: " + file + ": " + note));
    }
  }

  /** What a model's file recommends and no option overrules. */
  public static void sampling(Console console, Model model) {
    List<String> values = model.sampling().values();
    if (!values.isEmpty()) {
      console.note("%-12s the file recommends %s".formatted("sampling", String.join(", ", values)));
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
