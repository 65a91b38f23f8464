package dev.myelin.tokenizer;

import dev.myelin.error.InvalidRequestException;
import java.nio.charset.StandardCharsets;

/**
 * What byte-level BPE does before it joins anything: cuts a text into words, and writes each byte
 * as a visible character. For training; any number of threads may use one.
 */
public final class ByteLevelWords {
  private final Splitter[] splitters;

  private ByteLevelWords(Splitter[] splitters) {
    this.splitters = splitters;
  }

  /** Takes the words of a text in turn. */
  @FunctionalInterface
  public interface Sink {
    /** The word is {@code utf8[from..to)}. */
    void word(byte[] utf8, int from, int to);
  }

  /**
   * The words of a pre-tokenizer.
   *
   * @param name as in {@code tokenizer.ggml.pre}
   * @throws InvalidRequestException if there is none of that name, or none that joins bytes
   */
  public static ByteLevelWords of(String name) {
    PreTokenizer preTokenizer =
        PreTokenizers.named(name)
            .orElseThrow(
                () ->
                    new InvalidRequestException(
                        "pre-tokenizer = %s: expected one of %s"
                            .formatted(name, String.join(", ", PreTokenizers.names()))));
    if (preTokenizer.has(PreTokenizer.Trait.WITHOUT_MERGES)) {
      throw new InvalidRequestException(
          "pre-tokenizer = " + name + ": its tokens are not made by merges, expected another");
    }
    return new ByteLevelWords(preTokenizer.splitters());
  }

  /** The character that a byte is written as. */
  public static String letter(byte value) {
    byte[] utf8 = new byte[2];
    int size = ByteAlphabet.encode(new byte[] {value}, 0, 1, utf8);
    return new String(utf8, 0, size, StandardCharsets.UTF_8);
  }

  /** Cuts a text, which is UTF-8. */
  public void split(byte[] utf8, Sink sink) {
    IntList ends = PreTokenizer.split(new SplitText(utf8, 0, utf8.length), splitters);
    int at = 0;
    int point = 0;
    for (int i = 0; i < ends.size(); i++) {
      int start = at;
      for (; point < ends.get(i); point++) {
        at += Utf8.length(utf8[at]);
      }
      sink.word(utf8, start, at);
    }
  }
}
