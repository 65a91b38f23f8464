package dev.myelin.evaluate;

import dev.myelin.error.CancelledException;
import dev.myelin.generate.Session;
import dev.myelin.model.Model;
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
   * @param session its tokens are discarded; it may be cancelled from another thread
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
    ChunkFeeder feeder = new ChunkFeeder(session, chunks);
    double[] losses = new double[chunks.predictions()];
    Moments moments = new Moments();
    PerplexityResult result = null;
    Model model = session.model();
    int vocabulary = model.info().vocabulary();
    try (RowWorkers workers = new RowWorkers(session.options().threads(), vocabulary)) {
      for (int i = 0; i < chunks.count(); i++) {
        int chunk = i;
        feeder.feed(
            chunk,
            batch ->
                workers.forEach(
                    batch.count(),
                    (row, scratch) -> {
                      Distribution distribution = scratch.ours();
                      distribution.fromLogits(batch.logits(), row);
                      int index = batch.first() + row;
                      losses[index] = -distribution.logProbability(chunks.target(chunk, index));
                      if (writer != null && Double.isFinite(losses[index])) {
                        writer.write(chunk, index, distribution);
                      }
                    }));
        for (int index = 0; index < losses.length; index++) {
          ChunkFeeder.requireFinite(losses[index], model.file().path(), chunks, chunk, index);
          moments.add(losses[index]);
        }
        result =
            new PerplexityResult(chunk + 1, chunks.count(), moments.count(), moments.estimate());
        progress.accept(result);
      }
    } catch (CancelledException e) {
      if (result == null) {
        throw new CancelledException("cancelled before the first chunk was done");
      }
    }
    return result;
  }
}
