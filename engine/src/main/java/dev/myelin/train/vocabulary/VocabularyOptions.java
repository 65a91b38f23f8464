package dev.myelin.train.vocabulary;

import dev.myelin.error.InvalidRequestException;

/**
 * Options of vocabulary training. Immutable and thread-safe.
 *
 * @param size number of tokens, special and byte tokens included
 * @param coverage SPM: fraction of the text that the characters in the vocabulary cover, above 0 to
 *     1; rarer characters are encoded as bytes
 * @param minimumCount occurrences that a pair needs to be merged, 1 or more
 * @param maxTokenLength largest length of a token, 1 to 256: characters for SPM, bytes for BPE
 * @param preTokenizer BPE: the pre-tokenizer, a value of {@code tokenizer.ggml.pre}
 * @param threads threads that count words, 1 or more; the result does not depend on it
 */
public record VocabularyOptions(
    VocabularyKind kind,
    int size,
    double coverage,
    int minimumCount,
    int maxTokenLength,
    String preTokenizer,
    int threads) {
  /** Separates digits, handles contractions, and decodes without loss. */
  public static final String DEFAULT_PRE_TOKENIZER = "qwen2";

  private static final int MAX_TOKENS = 1 << 20;
  private static final int MAX_TOKEN_LENGTH = 256;

  public VocabularyOptions {
    check(size >= 1 && size <= MAX_TOKENS, "vocabulary", size, "1 to " + MAX_TOKENS);
    check(coverage > 0 && coverage <= 1, "character coverage", coverage, "above 0 to 1");
    check(minimumCount >= 1, "minimum count", minimumCount, "1 or more");
    check(
        maxTokenLength >= 1 && maxTokenLength <= MAX_TOKEN_LENGTH,
        "longest token",
        maxTokenLength,
        "1 to " + MAX_TOKEN_LENGTH);
    check(threads >= 1, "threads", threads, "1 or more");
  }

  /** The defaults of each kind, with one thread. */
  public static VocabularyOptions of(VocabularyKind kind, int size) {
    int maxTokenLength = kind == VocabularyKind.SPM ? 16 : 48;
    return new VocabularyOptions(kind, size, 0.9995, 2, maxTokenLength, DEFAULT_PRE_TOKENIZER, 1);
  }

  public VocabularyOptions withCoverage(double value) {
    return new VocabularyOptions(
        kind, size, value, minimumCount, maxTokenLength, preTokenizer, threads);
  }

  public VocabularyOptions withMinimumCount(int value) {
    return new VocabularyOptions(
        kind, size, coverage, value, maxTokenLength, preTokenizer, threads);
  }

  public VocabularyOptions withMaxTokenLength(int value) {
    return new VocabularyOptions(kind, size, coverage, minimumCount, value, preTokenizer, threads);
  }

  public VocabularyOptions withPreTokenizer(String value) {
    return new VocabularyOptions(
        kind, size, coverage, minimumCount, maxTokenLength, value, threads);
  }

  public VocabularyOptions withThreads(int value) {
    return new VocabularyOptions(
        kind, size, coverage, minimumCount, maxTokenLength, preTokenizer, value);
  }

  private static void check(boolean isValid, String name, Number value, String expected) {
    if (!isValid) {
      throw new InvalidRequestException(name + " = " + value + ": expected " + expected);
    }
  }
}
