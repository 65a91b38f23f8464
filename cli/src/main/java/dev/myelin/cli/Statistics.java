package dev.myelin.cli;

import dev.myelin.generate.Generation;
import dev.myelin.generate.Metrics;
import java.time.Duration;
import java.util.Locale;

/** What is said about a generation. */
final class Statistics {
  private Statistics() {}

  static void print(Console console, Generation generation) {
    Metrics m = generation.metrics();
    console.note(rate("prompt", m.promptTokens(), m.prefillTokensPerSecond()));
    console.note(rate("generation", m.generatedTokens(), m.decodeTokensPerSecond()));
    console.note("%-12s %7s ms".formatted("first token", milliseconds(m.timeToFirstToken())));
  }

  private static String rate(String what, int tokens, double perSecond) {
    String speed = perSecond == 0 ? "" : String.format(Locale.ROOT, " %9.2f tokens/s", perSecond);
    return String.format(Locale.ROOT, "%-12s %7d tokens%s", what, tokens, speed);
  }

  static String milliseconds(Duration time) {
    return String.format(Locale.ROOT, "%.1f", time.toNanos() / 1e6);
  }
}
