package dev.myelin.cli.quantize;

import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Progress;
import dev.myelin.cli.io.Units;
import dev.myelin.imatrix.ImportanceRun;

/** Shows the chunks done and the perplexity so far. */
final class ImatrixProgress implements ImportanceRun.Listener, AutoCloseable {
  private final Console console;
  private Progress progress;
  private double perplexity = Double.NaN;

  ImatrixProgress(Console console) {
    this.console = console;
  }

  @Override
  public void onChunk(int done, int of, double current) {
    if (progress == null) {
      progress = Progress.of(console, "imatrix", of, " chunks");
    }
    perplexity = current;
    if (!Double.isNaN(current)) {
      progress.setMessage("perplexity " + Units.decimals(current, 3));
    }
    progress.stepTo(done);
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
