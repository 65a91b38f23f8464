package dev.myelin.evaluate;

import dev.myelin.error.CancelledException;
import dev.myelin.error.ModelFileException;
import dev.myelin.evaluate.KlStatistics.Prediction;
import dev.myelin.generate.Session;
import java.nio.file.Path;
import java.util.function.Consumer;

/** How far a quantised model's predictions are from its original's. */
public final class KlDivergence {
  private KlDivergence() {}

  /**
   * Runs two models side by side, chunk by chunk.
   *
   * @param session the quantised model's; what it held is forgotten
   * @param original likewise of the original; with batches as long at least
   * @param running is told the figures after each chunk
   * @return the figures; not complete after a cancellation of either session
   * @throws CancelledException if no chunk was done by then
   * @throws dev.myelin.error.InvalidRequestException if the vocabularies differ or a session's
   *     context is too short
   * @throws ModelFileException if a model computes NaN or infinity
   */
  public static KlResult measure(
      Session session, Session original, TextChunks chunks, Consumer<KlFigures> running) {
    return measure(session, new Original.OfModel(original, session, chunks), chunks, running);
  }

  /**
   * Likewise with an original whose predictions were written to a file before.
   *
   * @param chunks of that file: {@link TextChunks#of(dev.myelin.model.Model, LogitsFile, int)}
   * @throws ModelFileException also if a row of the file holds no log-probabilities
   */
  public static KlResult measure(
      Session session, LogitsFile original, TextChunks chunks, Consumer<KlFigures> running) {
    return measure(session, new Original.OfFile(original, session, chunks), chunks, running);
  }

  private static KlResult measure(
      Session session, Original original, TextChunks chunks, Consumer<KlFigures> running) {
    ChunkFeeder feeder = new ChunkFeeder(session, chunks);
    Prediction[] predictions = new Prediction[chunks.predictions()];
    KlStatistics statistics = new KlStatistics(chunks.count());
    KlFigures figures = null;
    Path path = session.model().file().path();
    int vocabulary = session.model().hyperparameters().vocabulary();
    try (RowWorkers workers = new RowWorkers(session.options().threads(), vocabulary)) {
      for (int i = 0; i < chunks.count(); i++) {
        int chunk = i;
        feeder.feed(
            chunk,
            pass -> {
              original.follow(pass);
              workers.forEach(
                  pass.count(),
                  (row, scratch) -> {
                    scratch.ours().fromLogits(pass.logits(), row);
                    original.read(chunk, pass, row, scratch.original());
                    int index = pass.first() + row;
                    int token = chunks.predicted(chunk, index);
                    predictions[index] = compare(scratch.ours(), scratch.original(), token);
                  });
            });
        for (int index = 0; index < predictions.length; index++) {
          Prediction p = predictions[index];
          ChunkFeeder.requireFinite(p.originalLoss(), original.path(), chunks, chunk, index);
          ChunkFeeder.requireFinite(p.loss() + p.divergence(), path, chunks, chunk, index);
          statistics.add(p);
        }
        figures = statistics.figures(chunk + 1);
        running.accept(figures);
      }
    } catch (CancelledException e) {
      if (figures == null) {
        throw new CancelledException("cancelled before the first chunk was done");
      }
    }
    return statistics.result(figures);
  }

  private static Prediction compare(Distribution ours, Distribution original, int token) {
    return new Prediction(
        -ours.logProbability(token),
        -original.logProbability(token),
        original.divergence(ours),
        ours.top() == original.top());
  }
}
