package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** Compares a tokenizer with that of libllama. */
record LibllamaComparison(Tokenizer ours, OracleVocabulary oracle) {
  /** Compares the text and the attributes of every token. */
  void compareVocabulary() {
    Vocabulary vocabulary = ours.vocabulary();
    assertThat(vocabulary.size()).isEqualTo(oracle.size());
    for (int id = 0; id < vocabulary.size(); id++) {
      String token = "token " + id + " " + vocabulary.text(id);
      assertThat(ours.piece(id, true)).as(token).isEqualTo(oracle.piece(id, true));
      assertThat(ours.piece(id, false)).as(token).isEqualTo(oracle.piece(id, false));
      assertThat(vocabulary.isControl(id)).as(token).isEqualTo(oracle.isControl(id));
      assertThat(vocabulary.isEndOfGeneration(id))
          .as(token)
          .isEqualTo(oracle.isEndOfGeneration(id));
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
    assertThat(ours.encode(text, addSpecial, parseSpecial))
        .as("add %s, parse %s, <%s>", addSpecial, parseSpecial, escaped(text))
        .isEqualTo(expected);
    assertThat(((FragmentTokenizer) ours).decodeBytes(expected, addSpecial))
        .as("render %s, <%s>", addSpecial, escaped(text))
        .isEqualTo(oracle.decode(expected, addSpecial));
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
