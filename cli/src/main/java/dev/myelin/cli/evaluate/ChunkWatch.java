package dev.myelin.cli.evaluate;

import dev.myelin.cli.command.Interrupts;
import dev.myelin.cli.io.Console;
import dev.myelin.cli.io.Progress;
import dev.myelin.cli.io.Units;
import dev.myelin.evaluate.TextChunks;
import dev.myelin.generate.Session;
import java.util.Arrays;

/** Shows how far a perplexity is and how fast, and lets Ctrl-C end it. */
final class ChunkWatch implements AutoCloseable {
  private final Console console;
  private final TextChunks cut;
  private final Progress progress;
  private final Interrupts interrupts;
  private final long start = System.nanoTime();
  private boolean open = true;

  /**
   * @param printing whether figures are printed after each chunk
   */
  ChunkWatch(Console console, boolean printing, TextChunks cut, Session... sessions) {
    this.console = console;
    this.cut = cut;
    progress = Progress.of(console, printing, "perplexity", cut.count(), " chunks");
    interrupts = Interrupts.once(() -> Arrays.stream(sessions).forEach(Session::cancel));
  }

  void done(int chunks, double perplexity) {
    progress.note(Units.decimals(perplexity, 4));
    progress.to(chunks);
  }

  /** How many chunks were computed in what time. */
  void statistics(int done) {
    double seconds = (System.nanoTime() - start) / 1e9;
    if (done < cut.count()) {
      console.note("cancelled after %s of %s chunks".formatted(done, cut.count()));
    }
    console.note(
        "%s chunks of %s tokens in %s s, %s tokens/s"
            .formatted(
                done,
                cut.contextLength(),
                Units.decimals(seconds, 2),
                Units.decimals((double) done * cut.contextLength() / seconds, 2)));
  }

  @Override
  public void close() {
    end();
  }

  /** Takes the bar away and gives Ctrl-C back, before results are printed. */
  void end() {
    if (open) {
      open = false;
      progress.close();
      interrupts.close();
    }
  }
}
