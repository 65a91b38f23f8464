package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.Printable;
import dev.myelin.generate.Session;
import dev.myelin.model.Model;
import dev.myelin.tokenizer.Vocabulary;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;

/** What a quantised model is compared with. */
abstract sealed class Original {
  /** Follows the other model's pass. */
  abstract void follow(ChunkFeeder.Pass pass);

  /** Fills in what the original predicts at a row of the pass. */
  abstract void read(int chunk, ChunkFeeder.Pass pass, int row, Distribution to);

  abstract Path path();

  /** A model, run beside the other one. */
  static final class OfModel extends Original {
    private final Session session;
    private MemorySegment logits;

    /**
     * @throws InvalidRequestException if it has another vocabulary, or its session no such context
     */
    OfModel(Session session, Session other, TextChunks chunks) {
      this.session = session;
      int vocabulary = session.model().hyperparameters().vocabulary();
      int expected = other.model().hyperparameters().vocabulary();
      if (vocabulary != expected) {
        throw new InvalidRequestException(
            "%s: vocabulary of %s tokens: expected %s, as %s has"
                .formatted(path(), vocabulary, expected, other.model().file().path()));
      }
      requireSameTexts(session.model(), other.model(), chunks);
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
    }

    /** The tokens in use must mean the same to both. */
    private static void requireSameTexts(Model original, Model other, TextChunks chunks) {
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
    void follow(ChunkFeeder.Pass pass) {
      if (pass.starts()) {
        session.truncate(0);
      }
      logits = session.feedBatch(pass.tokens(), Math.max(1, pass.count()));
    }

    @Override
    void read(int chunk, ChunkFeeder.Pass pass, int row, Distribution to) {
      to.fromLogits(logits, row);
    }

    @Override
    Path path() {
      return session.model().file().path();
    }
  }

  /** Its predictions, written down before. */
  static final class OfFile extends Original {
    private final LogitsFile file;

    /**
     * @throws InvalidRequestException if it was made from other chunks
     */
    OfFile(LogitsFile file, Session other, TextChunks chunks) {
      this.file = file;
      int vocabulary = other.model().hyperparameters().vocabulary();
      int[] tokens = chunks.chunkTokens();
      int same = Arrays.mismatch(tokens, file.tokens());
      if (file.vocabulary() != vocabulary) {
        throw new InvalidRequestException(
            "%s: logits of %s tokens: expected %s, the vocabulary of %s"
                .formatted(path(), file.vocabulary(), vocabulary, other.model().file().path()));
      }
      if (!chunks.isConsecutive()
          || chunks.contextLength() != file.contextLength()
          || same >= 0 && same < tokens.length) {
        throw new InvalidRequestException(
            path() + ": expected logits of the same chunks of tokens");
      }
    }

    @Override
    void follow(ChunkFeeder.Pass pass) {
      // its rows are read one by one
    }

    @Override
    void read(int chunk, ChunkFeeder.Pass pass, int row, Distribution to) {
      file.read(chunk, pass.first() + row, to);
    }

    @Override
    Path path() {
      return file.path();
    }
  }
}
