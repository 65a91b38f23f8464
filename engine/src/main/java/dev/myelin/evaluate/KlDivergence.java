package dev.myelin.evaluate;

import dev.myelin.error.CancelledException;
import dev.myelin.error.ModelFileException;
import dev.myelin.evaluate.ChunkFeeder.Piece;
import dev.myelin.evaluate.KlAccumulator.Prediction;
import dev.myelin.generate.Session;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Compares the predictions of a quantised model with those of the original. Stateless and
 * thread-safe; the sessions are confined to the calling thread.
 */
public final class KlDivergence {
  private KlDivergence() {}

  /**
   * Runs two models side by side, chunk by chunk; several short chunks at once as {@link
   * Perplexity#measure}.
   *
   * @param session of the quantised model; its tokens are discarded
   * @param original session of the original, with a batch size at least as large; its tokens are
   *     discarded
   * @param progress receives the statistics after each chunk
   * @return the statistics; not complete if either session was cancelled
   * @throws CancelledException if cancelled before the first chunk was done
   * @throws dev.myelin.error.InvalidRequestException if the vocabularies differ or a session's
   *     context is too short
   * @throws ModelFileException if a model computes NaN or infinity
   */
  public static KlResult measure(
      Session session, Session original, TextChunks chunks, Consumer<KlStatistics> progress) {
    return measure(
        session, new OriginalLogits.FromModel(original, session, chunks), chunks, progress);
  }

  /**
   * As above, with the original's predictions from a file.
   *
   * @param chunks the chunks of the file: {@link TextChunks#of(dev.myelin.model.Model, LogitsFile,
   *     int)}
   * @throws ModelFileException also if a row of the file has invalid log-probabilities
   */
  public static KlResult measure(
      Session session, LogitsFile original, TextChunks chunks, Consumer<KlStatistics> progress) {
    return measure(
        session, new OriginalLogits.FromFile(original, session, chunks), chunks, progress);
  }

  private static KlResult measure(
      Session session,
      OriginalLogits original,
      TextChunks chunks,
      Consumer<KlStatistics> progress) {
    Comparison comparison = new Comparison(session, original, chunks, progress);
    int vocabulary = session.model().info().vocabulary();
    try (original;
        ChunkFeeder feeder = new ChunkFeeder(session, chunks);
        RowWorkers workers = new RowWorkers(session.options().threads(), vocabulary)) {
      feeder.feed(
          Math.min(feeder.together(), original.together()),
          (pieces, logits) -> {
            original.compute(pieces);
            for (int i = 0; i < pieces.size(); i++) {
              comparison.add(i, pieces.get(i), logits.get(i), workers);
            }
          });
    } catch (CancelledException e) {
      if (comparison.latest == null) {
        throw new CancelledException("cancelled before the first chunk was done");
      }
    }
    return comparison.accumulator.result(comparison.latest);
  }

  /** The predictions of the chunk in progress, and the statistics so far. */
  private static final class Comparison {
    private final Path path;
    private final OriginalLogits original;
    private final TextChunks chunks;
    private final Consumer<KlStatistics> progress;
    private final Prediction[] predictions;
    private final KlAccumulator accumulator;
    private @Nullable KlStatistics latest;

    Comparison(
        Session session,
        OriginalLogits original,
        TextChunks chunks,
        Consumer<KlStatistics> progress) {
      path = session.model().file().path();
      this.original = original;
      this.chunks = chunks;
      this.progress = progress;
      predictions = new Prediction[chunks.predictions()];
      accumulator = new KlAccumulator(chunks.count());
    }

    /**
     * @param i index of the piece among those computed together
     */
    void add(int i, Piece piece, MemorySegment logits, RowWorkers workers) {
      workers.forEach(
          piece.count(),
          (row, scratch) -> {
            scratch.ours().fromLogits(logits, row);
            original.read(i, piece, row, scratch.original());
            int index = piece.first() + row;
            int token = chunks.target(piece.chunk(), index);
            predictions[index] = compare(scratch.ours(), scratch.original(), token);
          });
      if (piece.endsChunk()) {
        end(piece.chunk());
      }
    }

    private void end(int chunk) {
      for (int index = 0; index < predictions.length; index++) {
        Prediction p = predictions[index];
        ChunkFeeder.requireFinite(p.originalLoss(), original.path(), chunks, chunk, index);
        ChunkFeeder.requireFinite(p.loss() + p.divergence(), path, chunks, chunk, index);
        accumulator.add(p);
      }
      latest = accumulator.statistics(chunk + 1);
      progress.accept(latest);
    }
  }

  private static Prediction compare(Distribution ours, Distribution original, int token) {
    return new Prediction(
        -ours.logProbability(token),
        -original.logProbability(token),
        original.klDivergence(ours),
        ours.argmax() == original.argmax());
  }
}
