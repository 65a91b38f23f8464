package dev.myelin.cli.evaluate;

import dev.myelin.cli.command.SignalHandler;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Progress;
import dev.myelin.cli.io.Units;
import dev.myelin.evaluate.TextChunks;
import dev.myelin.generate.Session;
import java.util.Arrays;

/** Shows the progress of an evaluation by chunks, and lets Ctrl-C end it. */
final class ChunkProgress implements AutoCloseable {
  private final Console console;
  private final TextChunks chunks;
  private final Progress progress;
  private final SignalHandler interrupts;
  private final long start = System.nanoTime();
  private boolean open = true;

  /**
   * @param printing whether results are printed after each chunk
   */
  ChunkProgress(Console console, boolean printing, TextChunks chunks, Session... sessions) {
    this.console = console;
    this.chunks = chunks;
    progress = Progress.of(console, printing, "perplexity", chunks.count(), " chunks");
    interrupts = SignalHandler.install(() -> Arrays.stream(sessions).forEach(Session::cancel));
  }

  void chunkDone(int count, double perplexity) {
    progress.setMessage(Units.decimals(perplexity, 4));
    progress.stepTo(count);
  }

  /** Prints the number of chunks and the time. */
  void printStatistics(int done) {
    double seconds = (System.nanoTime() - start) / 1e9;
    if (done < chunks.count()) {
      console.note("cancelled after %s of %s chunks".formatted(done, chunks.count()));
    }
    console.note(
        "%s chunks of %s tokens in %s s, %s tokens/s"
            .formatted(
                done,
                chunks.contextLength(),
                Units.decimals(seconds, 2),
                Units.decimals((double) done * chunks.contextLength() / seconds, 2)));
  }

  @Override
  public void close() {
    finish();
  }

  /** Removes the progress bar and the handler of Ctrl-C, before results are printed. */
  void finish() {
    if (open) {
      open = false;
      progress.close();
      interrupts.close();
    }
  }
}
