package dev.myelin.cli.quantize;

import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Progress;
import dev.myelin.cli.io.Units;
import dev.myelin.imatrix.ImportanceRun;

/** Chunks done, and the perplexity so far. */
final class ImatrixBar implements ImportanceRun.Listener, AutoCloseable {
  private final Console console;
  private Progress progress;
  private double perplexity = Double.NaN;

  ImatrixBar(Console console) {
    this.console = console;
  }

  @Override
  public void onChunk(int done, int of, double sofar) {
    if (progress == null) {
      progress = Progress.of(console, "imatrix", of, " chunks");
    }
    perplexity = sofar;
    if (!Double.isNaN(sofar)) {
      progress.note("perplexity " + Units.decimals(sofar, 3));
    }
    progress.to(done);
  }

  void result() {
    if (!Double.isNaN(perplexity)) {
      console.note("perplexity " + Units.decimals(perplexity, 4));
    }
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
    }
  }
}
