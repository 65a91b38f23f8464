package dev.myelin.train.vocabulary;

import dev.myelin.concurrent.WorkerPool;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.train.corpus.Document;
import dev.myelin.train.corpus.DocumentChunk;
import java.util.List;

/** Learns vocabularies from text. The same text and options give the same vocabulary. */
public final class VocabularyTrainer {
  private VocabularyTrainer() {}

  /**
   * Learns a vocabulary.
   *
   * @param documents what is to be tokenized well: those to train a model on, without those held
   *     out
   * @throws InvalidRequestException if the text cannot fill the vocabulary, or the vocabulary does
   *     not hold the alphabet of the text; the message says how many tokens to ask for
   */
  public static TrainedVocabulary train(List<Document> documents, VocabularyOptions options) {
    return switch (options.kind()) {
      case SPM -> new SpmVocabularyTrainer(options).train(documents);
      case BPE -> new BpeVocabularyTrainer(options).train(documents);
    };
  }

  /** Counts words on several threads, each with a counter of its own. */
  static WordCounts count(List<Document> documents, int threads, WordCounter counter) {
    List<DocumentChunk> passages = DocumentChunk.of(documents);
    int parts = Math.max(1, Math.min(threads, passages.size()));
    List<WordCounts> counts =
        WorkerPool.map(
            "count-words",
            parts,
            threads,
            part -> {
              WordCounts partial = new WordCounts();
              for (int i = part; i < passages.size(); i += parts) {
                counter.count(passages.get(i), partial);
              }
              return partial;
            },
            n -> {});
    WordCounts total = counts.getFirst();
    counts.subList(1, parts).forEach(total::addAll);
    return total;
  }

  /** Adds a passage's words to counts. */
  @FunctionalInterface
  interface WordCounter {
    void count(DocumentChunk passage, WordCounts counts);
  }

  static InvalidRequestException tooSmallError(int size, int minSize, String contents) {
    return new InvalidRequestException(
        "vocabulary = %s: expected at least %s, %s".formatted(size, minSize, contents));
  }

  static InvalidRequestException tooLargeError(int size, int maxSize, int minimumCount) {
    return new InvalidRequestException(
        "vocabulary = %s: the text fills %s with pairs that occur %s times or more, expected at most %s; or learn from more text"
            .formatted(size, maxSize, minimumCount, maxSize));
  }
}
