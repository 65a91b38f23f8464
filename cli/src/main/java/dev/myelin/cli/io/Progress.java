package dev.myelin.cli.io;

import java.time.temporal.ChronoUnit;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar with the time left, on standard error if that is a terminal. */
public final class Progress implements AutoCloseable {
  private static final int INTERVAL_MILLIS = 200;
  private static final int WIDTH = 100;

  private final Console console;
  private final ProgressBar bar;

  private Progress(Console console, ProgressBar bar) {
    this.console = console;
    this.bar = bar;
  }

  /**
   * Starts at 0 of {@code total}.
   *
   * @param unit what is counted, with a leading space: {@code " steps"}
   */
  public static Progress of(Console console, String task, long total, String unit) {
    return of(console, false, task, total, unit);
  }

  /**
   * The same for a command that may print results before it is done.
   *
   * @param printing whether it does: then no bar is drawn if standard output is a terminal, as
   *     results would be printed into it
   */
  public static Progress of(
      Console console, boolean printing, String task, long total, String unit) {
    boolean hidden = printing && Terminals.isTerminal(Terminals.OUT);
    if (hidden || !Terminals.isTerminal(Terminals.ERR)) {
      return new Progress(console, null);
    }
    DelegatingProgressBarConsumer line =
        new DelegatingProgressBarConsumer(
            text -> {
              console.err().print('\r' + text);
              console.err().flush();
            },
            WIDTH);
    return new Progress(
        console,
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(total)
            .setUnit(unit, 1)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(INTERVAL_MILLIS)
            .setSpeedUnit(ChronoUnit.SECONDS)
            .setConsumer(line)
            .build());
  }

  /** Whether a bar is drawn. */
  public boolean isShown() {
    return bar != null;
  }

  /** Moves the bar to {@code done}. */
  public void stepTo(long done) {
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  /** Sets the text after the bar: {@code loss 2.31}. */
  public void setMessage(String text) {
    if (bar != null) {
      bar.setExtraMessage(text);
    }
  }

  /** Prints a line above the bar. */
  public void println(String text) {
    console.note(bar == null ? text : '\r' + " ".repeat(WIDTH) + '\r' + text);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      console.err().print('\r' + " ".repeat(WIDTH) + '\r');
      console.err().flush();
    }
  }
}
