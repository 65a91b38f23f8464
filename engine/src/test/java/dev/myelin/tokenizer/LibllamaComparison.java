package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Compares a tokenizer with that of libllama. */
record LibllamaComparison(Tokenizer ours, OracleVocabulary oracle) {
  /** Compares the text and the attributes of every token. */
  void compareVocabulary() {
    Vocabulary vocabulary = ours.vocabulary();
    assertThat(vocabulary.size()).isEqualTo(oracle.size());
    for (int id = 0; id < vocabulary.size(); id++) {
      int token = id;
      Supplier<String> what = () -> "token " + token + " " + vocabulary.text(token);
      assertSame(ours.piece(id, true), oracle.piece(id, true), what);
      assertSame(ours.piece(id, false), oracle.piece(id, false), what);
      assertSame(vocabulary.isControl(id), oracle.isControl(id), what);
      assertSame(vocabulary.isEndOfGeneration(id), oracle.isEndOfGeneration(id), what);
    }
  }

  /** Encodes and decodes each text in all four modes. */
  void compareInAllModes(List<String> texts) {
    for (String text : texts) {
      for (int mode = 0; mode < 4; mode++) {
        compare(text, mode);
      }
    }
  }

  /** Encodes and decodes each text in one of the four modes, in turn. */
  void compareTexts(List<String> texts) {
    for (int i = 0; i < texts.size(); i++) {
      compare(texts.get(i), i & 3);
    }
  }

  private void compare(String text, int mode) {
    boolean addSpecial = (mode & 1) != 0;
    boolean parseSpecial = (mode & 2) != 0;
    int[] expected = oracle.encode(text, addSpecial, parseSpecial);
    Supplier<String> what =
        () -> "add %s, parse %s, <%s>".formatted(addSpecial, parseSpecial, escaped(text));
    int[] actual = ours.encode(text, addSpecial, parseSpecial);
    if (!Arrays.equals(actual, expected)) {
      assertThat(actual).as(what).isEqualTo(expected);
    }
    assertSame(
        ((FragmentTokenizer) ours).decodeBytes(expected, addSpecial),
        oracle.decode(expected, addSpecial),
        () -> "render " + what.get());
  }

  // AssertJ compares an array in the time of a hundred loops over it
  private static void assertSame(byte[] actual, byte[] expected, Supplier<String> what) {
    if (!Arrays.equals(actual, expected)) {
      assertThat(actual).as(what).isEqualTo(expected);
    }
  }

  private static void assertSame(boolean actual, boolean expected, Supplier<String> what) {
    if (actual != expected) {
      assertThat(actual).as(what).isEqualTo(expected);
    }
  }

  private static String escaped(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .forEach(
            c ->
                line.append(c > 0x20 && c < 0x7f ? Character.toString(c) : "\\u{%x}".formatted(c)));
    return line.toString();
  }
}
