package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/** Shows a session chunks, a batch at a time. */
final class ChunkFeeder {
  private final Session session;
  private final TextChunks chunks;

  /**
   * A pass of the model.
   *
   * @param tokens what it was shown
   * @param starts whether the chunk begins with them
   * @param first the first prediction whose logits it computed
   * @param count how many predictions; 0 where all was context
   * @param logits f32 [count][vocabulary], valid until the session's next pass
   */
  record Pass(int[] tokens, boolean starts, int first, int count, MemorySegment logits) {}

  /** Takes the passes of a chunk. */
  @FunctionalInterface
  interface Sink {
    void accept(Pass pass);
  }

  /**
   * @throws InvalidRequestException if the session's context is shorter than the chunks
   */
  ChunkFeeder(Session session, TextChunks chunks) {
    this.session = session;
    this.chunks = chunks;
    if (session.contextLength() < chunks.contextLength()) {
      throw new InvalidRequestException(
          "context = %s: expected %s, the tokens of a chunk"
              .formatted(session.contextLength(), chunks.contextLength()));
    }
  }

  void feed(int chunk, Sink sink) {
    int[] seen = chunks.seen(chunk);
    int batch = session.options().batch();
    int context = seen.length - chunks.predictions();
    session.truncate(0);
    for (int from = 0; from < seen.length; from += batch) {
      int to = Math.min(seen.length, from + batch);
      int count = Math.max(0, to - Math.max(from, context));
      int[] tokens = Arrays.copyOfRange(seen, from, to);
      MemorySegment logits = session.feedBatch(tokens, Math.max(1, count));
      sink.accept(new Pass(tokens, from == 0, Math.max(0, from - context), count, logits));
    }
  }

  /**
   * @throws ModelFileException if a loss or divergence is NaN or infinite, which names the
   *     prediction
   */
  static void requireFinite(double value, Path model, TextChunks chunks, int chunk, int index) {
    if (!Double.isFinite(value)) {
      throw new ModelFileException(
          model,
          "chunk %s, position %s: logits are NaN or infinite"
              .formatted(chunk + 1, chunks.position(index)),
          "expected finite numbers");
    }
  }
}
