package dev.myelin.train.vocabulary;

import dev.myelin.error.InvalidRequestException;

/**
 * What vocabulary to learn.
 *
 * @param size how many tokens it has, special ones and bytes included
 * @param coverage of SPM, how much of the text the characters that become pieces make up, above 0
 *     to 1; rarer ones are written byte by byte
 * @param minimumCount how often a pair must occur to be joined, 1 or more
 * @param maxTokenLength how long a token may become: characters of SPM, bytes of BPE, 1 to 256
 * @param preTokenizer of BPE, how words are cut, as in {@code tokenizer.ggml.pre}
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
  /** Cuts digits apart, keeps capitals and contractions in mind, and decodes without loss. */
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

  /** The usual choice for each kind, on one thread. */
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
