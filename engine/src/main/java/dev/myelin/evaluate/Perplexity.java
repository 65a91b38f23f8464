package dev.myelin.evaluate;

import dev.myelin.error.CancelledException;
import dev.myelin.generate.Session;
import dev.myelin.model.Model;
import java.util.function.Consumer;

/** How well a model predicts a text. */
public final class Perplexity {
  private Perplexity() {}

  /**
   * Measures chunk by chunk.
   *
   * @param session what it held is forgotten; it may be cancelled from another thread
   * @param running is told the figure after each chunk
   * @return the figure; {@linkplain PerplexityResult#isComplete not complete} after a cancellation
   * @throws CancelledException if no chunk was done by then
   * @throws dev.myelin.error.InvalidRequestException if the session's context is too short
   * @throws dev.myelin.error.ModelFileException if the model computes NaN or infinity
   */
  public static PerplexityResult measure(
      Session session, TextChunks chunks, Consumer<PerplexityResult> running) {
    return measure(session, chunks, null, running);
  }

  /**
   * Likewise, and writes what was predicted.
   *
   * @param save takes every row; to be committed by the caller if the result is complete. May be
   *     null
   */
  public static PerplexityResult measure(
      Session session,
      TextChunks chunks,
      LogitsFileWriter save,
      Consumer<PerplexityResult> running) {
    ChunkFeeder feeder = new ChunkFeeder(session, chunks);
    double[] losses = new double[chunks.predictions()];
    Moments moments = new Moments();
    PerplexityResult result = null;
    Model model = session.model();
    int vocabulary = model.hyperparameters().vocabulary();
    try (RowWorkers workers = new RowWorkers(session.options().threads(), vocabulary)) {
      for (int i = 0; i < chunks.count(); i++) {
        int chunk = i;
        feeder.feed(
            chunk,
            pass ->
                workers.forEach(
                    pass.count(),
                    (row, scratch) -> {
                      Distribution ours = scratch.ours();
                      ours.fromLogits(pass.logits(), row);
                      int index = pass.first() + row;
                      losses[index] = -ours.logProbability(chunks.predicted(chunk, index));
                      if (save != null && Double.isFinite(losses[index])) {
                        save.write(chunk, index, ours);
                      }
                    }));
        for (int index = 0; index < losses.length; index++) {
          ChunkFeeder.requireFinite(losses[index], model.file().path(), chunks, chunk, index);
          moments.add(losses[index]);
        }
        result =
            new PerplexityResult(chunk + 1, chunks.count(), moments.count(), moments.estimate());
        running.accept(result);
      }
    } catch (CancelledException e) {
      if (result == null) {
        throw new CancelledException("cancelled before the first chunk was done");
      }
    }
    return result;
  }
}
