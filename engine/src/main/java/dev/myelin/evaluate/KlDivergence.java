package dev.myelin.evaluate;

import dev.myelin.error.CancelledException;
import dev.myelin.error.ModelFileException;
import dev.myelin.evaluate.KlAccumulator.Prediction;
import dev.myelin.generate.Session;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Compares the predictions of a quantised model with those of the original. Stateless and
 * thread-safe; the sessions are confined to the calling thread.
 */
public final class KlDivergence {
  private KlDivergence() {}

  /**
   * Runs two models side by side, chunk by chunk.
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
    ChunkFeeder feeder = new ChunkFeeder(session, chunks);
    Prediction[] predictions = new Prediction[chunks.predictions()];
    KlAccumulator accumulator = new KlAccumulator(chunks.count());
    KlStatistics latest = null;
    Path path = session.model().file().path();
    int vocabulary = session.model().info().vocabulary();
    try (RowWorkers workers = new RowWorkers(session.options().threads(), vocabulary)) {
      for (int i = 0; i < chunks.count(); i++) {
        int chunk = i;
        feeder.feed(
            chunk,
            batch -> {
              original.compute(batch);
              workers.forEach(
                  batch.count(),
                  (row, scratch) -> {
                    scratch.ours().fromLogits(batch.logits(), row);
                    original.read(chunk, batch, row, scratch.original());
                    int index = batch.first() + row;
                    int token = chunks.target(chunk, index);
                    predictions[index] = compare(scratch.ours(), scratch.original(), token);
                  });
            });
        for (int index = 0; index < predictions.length; index++) {
          Prediction p = predictions[index];
          ChunkFeeder.requireFinite(p.originalLoss(), original.path(), chunks, chunk, index);
          ChunkFeeder.requireFinite(p.loss() + p.divergence(), path, chunks, chunk, index);
          accumulator.add(p);
        }
        latest = accumulator.statistics(chunk + 1);
        progress.accept(latest);
      }
    } catch (CancelledException e) {
      if (latest == null) {
        throw new CancelledException("cancelled before the first chunk was done");
      }
    }
    return accumulator.result(latest);
  }

  private static Prediction compare(Distribution ours, Distribution original, int token) {
    return new Prediction(
        -ours.logProbability(token),
        -original.logProbability(token),
        original.klDivergence(ours),
        ours.argmax() == original.argmax());
  }
}
