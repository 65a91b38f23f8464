package dev.myelin.cli.run;

import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Progress;
import dev.myelin.cli.io.Units;
import dev.myelin.error.Printable;

/**
 * Counts the prompts of a run, and shows on standard error how far it is: a bar at a terminal, else
 * a line every {@value #SECONDS} seconds. Confined to one thread at a time.
 */
final class RunProgress implements AutoCloseable {
  private static final int SECONDS = 10;

  private final Console console;
  private final Progress bar;
  private final long total;
  private final long begin = System.nanoTime();
  private long lastNote = begin;
  private int done;
  private int failed;
  private long promptTokens;
  private long generatedTokens;

  /**
   * @param printing whether results go to standard output
   * @param total number of prompts, -1 if unknown
   * @param done number of prompts whose results an earlier run has written
   * @param failed number of errors among them
   */
  RunProgress(Console console, boolean printing, long total, int done, int failed) {
    this.console = console;
    this.total = total;
    this.done = done;
    this.failed = failed;
    bar = total < 0 ? null : Progress.of(console, printing, "run", total, " prompts");
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  void add(PromptResult result) {
    done++;
    promptTokens += result.promptTokens();
    generatedTokens += result.generatedTokens();
    if (result.problem() != null) {
      failed++;
      println(Printable.of(result.problem()));
    }
    if (bar != null && bar.isShown()) {
      bar.stepTo(done);
      bar.setMessage(rate());
    } else if (System.nanoTime() - lastNote >= SECONDS * 1_000_000_000L) {
      lastNote = System.nanoTime();
      console.note(state() + ", " + rate());
    }
  }

  private void println(String text) {
    if (bar == null) {
      console.note(text);
    } else {
      bar.println(text);
    }
  }

  /** {@code 12 of 100 prompts}. */
  String state() {
    return done + (total < 0 ? "" : " of " + total) + " prompts";
  }

  private double seconds() {
    return (System.nanoTime() - begin) / 1e9;
  }

  private String rate() {
    return Units.decimals(generatedTokens / seconds(), 2) + " tokens/s";
  }

  /** Number of prompts that failed. */
  int failed() {
    return failed;
  }

  int done() {
    return done;
  }

  /** Prints the statistics, after {@link #close}. */
  void printSummary() {
    double seconds = seconds();
    console.note("%-12s %7s%s".formatted("prompts", done, failed == 0 ? "" : ", failed " + failed));
    console.note("%-12s %7s tokens".formatted("prompt", promptTokens));
    console.note(
        "%-12s %7s tokens %9s tokens/s"
            .formatted(
                "generation", generatedTokens, Units.decimals(generatedTokens / seconds, 2)));
    console.note("%-12s %7s s".formatted("time", Units.decimals(seconds, 1)));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
