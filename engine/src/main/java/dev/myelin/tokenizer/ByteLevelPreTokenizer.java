package dev.myelin.tokenizer;

import dev.myelin.error.InvalidRequestException;
import java.nio.charset.StandardCharsets;

/**
 * The pre-tokenization of byte-level BPE, for training: splits text into words, and maps bytes to
 * characters. Thread-safe.
 */
public final class ByteLevelPreTokenizer {
  private final Splitter[] splitters;

  private ByteLevelPreTokenizer(Splitter[] splitters) {
    this.splitters = splitters;
  }

  /** Receives the words of a text in order. */
  @FunctionalInterface
  public interface WordConsumer {
    /** The word is {@code utf8[from..to)}. */
    void accept(byte[] utf8, int from, int to);
  }

  /**
   * The pre-tokenizer of a name.
   *
   * @param name as in {@code tokenizer.ggml.pre}
   * @throws InvalidRequestException if the name is unknown, or its tokens are not made by merges
   */
  public static ByteLevelPreTokenizer of(String name) {
    PreTokenizer preTokenizer =
        PreTokenizers.find(name)
            .orElseThrow(
                () ->
                    new InvalidRequestException(
                        "pre-tokenizer = %s: expected one of %s"
                            .formatted(name, String.join(", ", PreTokenizers.names()))));
    if (preTokenizer.has(PreTokenizer.Trait.NO_MERGES)) {
      throw new InvalidRequestException(
          "pre-tokenizer = " + name + ": its tokens are not made by merges, expected another one");
    }
    return new ByteLevelPreTokenizer(preTokenizer.splitters());
  }

  /** The character of a byte in {@link ByteAlphabet}. */
  public static String character(byte value) {
    byte[] utf8 = new byte[2];
    int size = ByteAlphabet.encode(new byte[] {value}, 0, 1, utf8);
    return new String(utf8, 0, size, StandardCharsets.UTF_8);
  }

  /** Splits a text in UTF-8 into words. */
  public void split(byte[] utf8, WordConsumer consumer) {
    IntList ends = PreTokenizer.split(new SplitText(utf8, 0, utf8.length), splitters);
    int offset = 0;
    int codePoint = 0;
    for (int i = 0; i < ends.size(); i++) {
      int start = offset;
      for (; codePoint < ends.get(i); codePoint++) {
        offset += Utf8.sequenceLength(utf8[offset]);
      }
      consumer.accept(utf8, start, offset);
    }
  }
}
