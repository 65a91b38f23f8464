package dev.myelin.train.vocabulary;

import dev.myelin.concurrent.WorkerPool;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.corpus.DocumentChunk;
import java.util.List;

/**
 * Trains vocabularies on text. The same text and options give the same vocabulary. Stateless and
 * thread-safe.
 */
public final class VocabularyTrainer {
  private VocabularyTrainer() {}

  /**
   * Trains a vocabulary.
   *
   * @param documents the training text, without the validation text
   * @throws InvalidRequestException if the text is too small for the size, or the size is too small
   *     for the alphabet; the message contains the possible size
   */
  public static TrainedVocabulary train(List<Document> documents, VocabularyOptions options) {
    return switch (options.kind()) {
      case SPM -> new SpmVocabularyTrainer(options).train(documents);
      case BPE -> new BpeVocabularyTrainer(options).train(documents);
    };
  }

  /** Counts words on several threads. */
  static WordCounts count(List<Document> documents, int threads, WordCounter counter) {
    List<DocumentChunk> chunks = DocumentChunk.of(documents);
    int parts = Math.max(1, Math.min(threads, chunks.size()));
    List<WordCounts> counts =
        WorkerPool.map(
            "count-words",
            parts,
            threads,
            part -> {
              WordCounts partial = new WordCounts();
              for (int i = part; i < chunks.size(); i += parts) {
                counter.count(chunks.get(i), partial);
              }
              return partial;
            },
            n -> {});
    WordCounts total = counts.getFirst();
    counts.subList(1, parts).forEach(total::addAll);
    return total;
  }

  /** Adds the words of a chunk to counts. */
  @FunctionalInterface
  interface WordCounter {
    void count(DocumentChunk chunk, WordCounts counts);
  }

  static InvalidRequestException tooSmallError(int size, int minSize, String contents) {
    return new InvalidRequestException(
        "vocabulary = %s: expected at least %s, %s".formatted(size, minSize, contents));
  }

  static InvalidRequestException tooLargeError(int size, int maxSize, int minimumCount) {
    return new InvalidRequestException(
        "vocabulary = %s: expected at most %s, the tokens of all pairs that occur %s times or more; or train on more text"
            .formatted(size, maxSize, minimumCount));
  }
}
