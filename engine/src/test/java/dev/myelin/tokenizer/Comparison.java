package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** Compares a tokenizer with libllama's. */
record Comparison(Tokenizer ours, OracleVocabulary oracle) {
  /** Every token: its text, and what it is for. */
  void vocabulary() {
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

  /** Each text in every way to encode it, and back. */
  void texts(List<String> texts) {
    for (String text : texts) {
      for (int way = 0; way < 4; way++) {
        boolean addSpecial = (way & 1) != 0;
        boolean parseSpecial = (way & 2) != 0;
        int[] expected = oracle.encode(text, addSpecial, parseSpecial);
        assertThat(ours.encode(text, addSpecial, parseSpecial))
            .as("add %s, parse %s, <%s>", addSpecial, parseSpecial, escaped(text))
            .isEqualTo(expected);
        boolean render = addSpecial;
        assertThat(((FragmentTokenizer) ours).decodeBytes(expected, render))
            .as("render %s, <%s>", render, escaped(text))
            .isEqualTo(oracle.decode(expected, render));
      }
    }
  }

  private static String escaped(String text) {
    StringBuilder line = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> line.append(c > 0x20 && c < 0x7f ? Character.toString(c) : "\\u{%x}".formatted(c)));
    return line.toString();
  }
}
