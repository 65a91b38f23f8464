package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.Feed;
import dev.myelin.generate.Session;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Feeds chunks to a session in batches: several short ones at once, if the session's runtime has
 * room for more sequences, and a long one part by part.
 */
final class ChunkFeeder implements AutoCloseable {
  private final TextChunks chunks;
  private final int batch;
  private final Forks sessions;

  /**
   * A chunk, or a part of it.
   *
   * @param from position in the chunk of the first token
   * @param first index of the first prediction
   * @param count number of predictions; 0 if all tokens are context
   */
  record Piece(int chunk, int[] tokens, int from, int first, int count, boolean endsChunk) {}

  /** Receives what was computed together, in the order of the text. */
  @FunctionalInterface
  interface Sink {
    /**
     * @param logits of each piece, f32 [count][vocabulary], valid until the session computes again
     */
    void accept(List<Piece> pieces, List<MemorySegment> logits);
  }

  /**
   * @throws InvalidRequestException if the session's context is shorter than the chunks, or the
   *     model predicts no next token
   */
  ChunkFeeder(Session session, TextChunks chunks) {
    this.chunks = chunks;
    session.model().info().requireGeneration();
    if (session.contextLength() < chunks.contextLength()) {
      throw new InvalidRequestException(
          "context = %s: expected %s, the tokens of a chunk"
              .formatted(session.contextLength(), chunks.contextLength()));
    }
    batch = session.options().batch();
    session.truncate(0);
    sessions = new Forks(session, Math.min(chunks.perBatch(batch), chunks.count()));
  }

  /** How many chunks it can compute together. */
  int together() {
    return sessions.count();
  }

  /** Computes all chunks, at most {@code together} at once. */
  void feed(int together, Sink sink) {
    int count = chunks.count();
    for (int chunk = 0; chunk < count; chunk += together) {
      if (together > 1) {
        List<Piece> pieces = new ArrayList<>();
        for (int i = chunk; i < Math.min(count, chunk + together); i++) {
          int[] inputs = chunks.inputs(i);
          pieces.add(piece(i, inputs, 0, inputs.length));
        }
        sink.accept(pieces, compute(pieces));
      } else {
        feedParts(chunk, sink);
      }
    }
  }

  private void feedParts(int chunk, Sink sink) {
    int[] inputs = chunks.inputs(chunk);
    for (int from = 0; from < inputs.length; from += batch) {
      int to = Math.min(inputs.length, from + batch);
      List<Piece> part = List.of(piece(chunk, inputs, from, to));
      sink.accept(part, compute(part));
    }
  }

  private Piece piece(int chunk, int[] inputs, int from, int to) {
    int context = inputs.length - chunks.predictions();
    int count = Math.max(0, to - Math.max(from, context));
    int[] tokens = Arrays.copyOfRange(inputs, from, to);
    return new Piece(chunk, tokens, from, Math.max(0, from - context), count, to == inputs.length);
  }

  /** The logits of pieces, each in a session of its own. */
  List<MemorySegment> compute(List<Piece> pieces) {
    List<Feed> feeds = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      Piece piece = pieces.get(i);
      Session session = sessions.get(i);
      session.truncate(piece.from());
      feeds.add(new Feed(session, piece.tokens(), Math.max(1, piece.count())));
    }
    return Feed.logits(feeds);
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

  @Override
  public void close() {
    sessions.close();
  }
}
