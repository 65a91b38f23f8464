package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Session;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/** Feeds chunks to a session in batches. */
final class ChunkFeeder {
  private final Session session;
  private final TextChunks chunks;

  /**
   * A computed batch.
   *
   * @param tokens the tokens of the batch
   * @param startsChunk whether it is the first batch of the chunk
   * @param first index of the first prediction
   * @param count number of predictions; 0 if all tokens are context
   * @param logits f32 [count][vocabulary], valid until the session computes again
   */
  record Batch(int[] tokens, boolean startsChunk, int first, int count, MemorySegment logits) {}

  /** Receives the batches of a chunk. */
  @FunctionalInterface
  interface Sink {
    void accept(Batch batch);
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
    int[] inputs = chunks.inputs(chunk);
    int batchSize = session.options().batch();
    int context = inputs.length - chunks.predictions();
    session.truncate(0);
    for (int from = 0; from < inputs.length; from += batchSize) {
      int to = Math.min(inputs.length, from + batchSize);
      int count = Math.max(0, to - Math.max(from, context));
      int[] tokens = Arrays.copyOfRange(inputs, from, to);
      MemorySegment logits = session.feedBatch(tokens, Math.max(1, count));
      sink.accept(new Batch(tokens, from == 0, Math.max(0, from - context), count, logits));
    }
  }

  /**
   * @throws ModelFileException if a loss or divergence is NaN or infinite; names the prediction
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
