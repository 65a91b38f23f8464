package dev.myelin.evaluate;

import dev.myelin.error.CancelledException;
import dev.myelin.evaluate.ChunkFeeder.Piece;
import dev.myelin.generate.Session;
import dev.myelin.model.Model;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures the perplexity of a text. Stateless and thread-safe; the sessions are confined to the
 * calling thread.
 */
public final class Perplexity {
  private Perplexity() {}

  /**
   * Measures chunk by chunk.
   *
   * @param session its tokens are discarded; it may be cancelled from another thread. Chunks that
   *     fit into a batch together are computed together if its runtime has room for forks
   * @param progress receives the result after each chunk
   * @return the result; {@linkplain PerplexityResult#isComplete not complete} after a cancellation
   * @throws CancelledException if cancelled before the first chunk was done
   * @throws dev.myelin.error.InvalidRequestException if the session's context is too short
   * @throws dev.myelin.error.ModelFileException if the model computes NaN or infinity
   */
  public static PerplexityResult measure(
      Session session, TextChunks chunks, Consumer<PerplexityResult> progress) {
    return measure(session, chunks, null, progress);
  }

  /**
   * As above, and writes the predictions.
   *
   * @param writer receives every row; the caller commits it if the result is complete. May be null
   */
  public static PerplexityResult measure(
      Session session,
      TextChunks chunks,
      @Nullable LogitsFileWriter writer,
      Consumer<PerplexityResult> progress) {
    Losses losses = new Losses(session.model(), chunks, writer, progress);
    int vocabulary = session.model().info().vocabulary();
    try (ChunkFeeder feeder = new ChunkFeeder(session, chunks);
        RowWorkers workers = new RowWorkers(session.options().threads(), vocabulary)) {
      feeder.feed(
          feeder.together(),
          (pieces, logits) -> {
            for (int i = 0; i < pieces.size(); i++) {
              losses.add(pieces.get(i), logits.get(i), workers);
            }
          });
    } catch (CancelledException e) {
      if (losses.result == null) {
        throw new CancelledException("cancelled before the first chunk was done");
      }
    }
    return losses.result;
  }

  /** The losses of the chunk in progress, and the result so far. */
  private static final class Losses {
    private final Model model;
    private final TextChunks chunks;
    private final @Nullable LogitsFileWriter writer;
    private final Consumer<PerplexityResult> progress;
    private final double[] losses;
    private final Moments moments = new Moments();
    private @Nullable PerplexityResult result;

    Losses(
        Model model,
        TextChunks chunks,
        @Nullable LogitsFileWriter writer,
        Consumer<PerplexityResult> progress) {
      this.model = model;
      this.chunks = chunks;
      this.writer = writer;
      this.progress = progress;
      losses = new double[chunks.predictions()];
    }

    void add(Piece piece, MemorySegment logits, RowWorkers workers) {
      workers.forEach(
          piece.count(),
          (row, scratch) -> {
            Distribution distribution = scratch.ours();
            distribution.fromLogits(logits, row);
            int index = piece.first() + row;
            losses[index] = -distribution.logProbability(chunks.target(piece.chunk(), index));
            if (writer != null && Double.isFinite(losses[index])) {
              writer.write(piece.chunk(), index, distribution);
            }
          });
      if (piece.endsChunk()) {
        end(piece.chunk());
      }
    }

    private void end(int chunk) {
      for (int index = 0; index < losses.length; index++) {
        ChunkFeeder.requireFinite(losses[index], model.file().path(), chunks, chunk, index);
        moments.add(losses[index]);
      }
      result = new PerplexityResult(chunk + 1, chunks.count(), moments.count(), moments.estimate());
      progress.accept(result);
    }
  }
}
