package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.Printable;
import dev.myelin.evaluate.ChunkFeeder.Piece;
import dev.myelin.generate.Session;
import dev.myelin.model.Model;
import dev.myelin.tokenizer.Vocabulary;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The original's logits, with which a quantised model is compared. */
abstract sealed class OriginalLogits implements AutoCloseable {
  /** How many chunks it can compute together. */
  abstract int together();

  /** Computes the same pieces as the quantised model. */
  abstract void compute(List<Piece> pieces);

  /**
   * Reads the original's prediction.
   *
   * @param index of the piece among those that were computed
   */
  abstract void read(int index, Piece piece, int row, Distribution to);

  @Override
  public void close() {}

  abstract Path path();

  /** From the original model. */
  static final class FromModel extends OriginalLogits {
    private final Session session;
    private final ChunkFeeder feeder;
    private List<MemorySegment> logits = List.of();

    /**
     * @throws InvalidRequestException if the vocabulary differs, or the session's context is too
     *     short
     */
    FromModel(Session session, Session other, TextChunks chunks) {
      this.session = session;
      int vocabulary = session.model().info().vocabulary();
      int expected = other.model().info().vocabulary();
      if (vocabulary != expected) {
        throw new InvalidRequestException(
            "%s: vocabulary of %s tokens: expected %s, as %s has"
                .formatted(path(), vocabulary, expected, other.model().file().path()));
      }
      requireSameTokens(session.model(), other.model(), chunks);
      if (session.contextLength() < chunks.contextLength()) {
        throw new InvalidRequestException(
            "%s: context = %s: expected %s, the tokens of a chunk"
                .formatted(path(), session.contextLength(), chunks.contextLength()));
      }
      if (session.options().batch() < other.options().batch()) {
        throw new InvalidRequestException(
            "%s: batch = %s: expected %s, as the other session's"
                .formatted(path(), session.options().batch(), other.options().batch()));
      }
      feeder = new ChunkFeeder(session, chunks);
    }

    /** The tokens in use must have the same text in both vocabularies. */
    private static void requireSameTokens(Model original, Model other, TextChunks chunks) {
      Vocabulary expected = other.tokenizer().vocabulary();
      Vocabulary vocabulary = original.tokenizer().vocabulary();
      Arrays.stream(chunks.tokens())
          .distinct()
          .filter(id -> !vocabulary.text(id).equals(expected.text(id)))
          .findFirst()
          .ifPresent(
              id -> {
                throw new InvalidRequestException(
                    Printable.of(
                        "%s: token %s is \"%s\": expected \"%s\", as in %s"
                            .formatted(
                                original.file().path(),
                                id,
                                vocabulary.text(id),
                                expected.text(id),
                                other.file().path())));
              });
    }

    @Override
    int together() {
      return feeder.together();
    }

    @Override
    void compute(List<Piece> pieces) {
      logits = feeder.compute(pieces);
    }

    @Override
    void read(int index, Piece piece, int row, Distribution to) {
      to.fromLogits(logits.get(index), row);
    }

    @Override
    public void close() {
      feeder.close();
    }

    @Override
    Path path() {
      return session.model().file().path();
    }
  }

  /** From a file. */
  static final class FromFile extends OriginalLogits {
    private final LogitsFile file;

    /**
     * @throws InvalidRequestException if it holds other chunks
     */
    FromFile(LogitsFile file, Session other, TextChunks chunks) {
      this.file = file;
      int vocabulary = other.model().info().vocabulary();
      int[] tokens = chunks.chunkTokens();
      int mismatch = Arrays.mismatch(tokens, file.tokens());
      if (file.vocabulary() != vocabulary) {
        throw new InvalidRequestException(
            "%s: logits of %s tokens: expected %s, the vocabulary of %s"
                .formatted(path(), file.vocabulary(), vocabulary, other.model().file().path()));
      }
      if (!chunks.isConsecutive()
          || chunks.contextLength() != file.contextLength()
          || mismatch >= 0 && mismatch < tokens.length) {
        throw new InvalidRequestException(
            path() + ": expected logits of the same chunks of tokens");
      }
    }

    @Override
    int together() {
      return Integer.MAX_VALUE;
    }

    @Override
    void compute(List<Piece> pieces) {
      // rows are read on demand
    }

    @Override
    void read(int index, Piece piece, int row, Distribution to) {
      file.read(piece.chunk(), piece.first() + row, to);
    }

    @Override
    Path path() {
      return file.path();
    }
  }
}
