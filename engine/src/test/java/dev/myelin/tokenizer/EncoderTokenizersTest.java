package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.tokenizer.PromptText.Span;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** WordPiece and unigram vocabularies with tokens that are checked by hand. */
class EncoderTokenizersTest {
  private static final String PREFIX = "tokenizer.ggml.";

  private static Tokenizer open(GgufWriter writer) {
    try (GgufFile file = SmallVocabularies.open(writer)) {
      return Tokenizer.of(file);
    }
  }

  /** The tokens 0 to 2 are unknown, start and end; {@code !} marks a control token. */
  private static GgufWriter tokens(String model, String... texts) {
    String[] all = new String[texts.length];
    int[] types = new int[texts.length];
    for (int i = 0; i < texts.length; i++) {
      types[i] =
          texts[i].length() == 1
              ? 1
              : switch (texts[i].charAt(0)) {
                case '!' -> SmallVocabularies.CONTROL;
                case '+' -> SmallVocabularies.USER_DEFINED;
                default -> SmallVocabularies.NORMAL;
              };
      all[i] = types[i] == SmallVocabularies.NORMAL ? texts[i] : texts[i].substring(1);
    }
    return new GgufWriter()
        .put(PREFIX + "model", model)
        .put(PREFIX + "tokens", all)
        .put(PREFIX + "token_type", types)
        .put(PREFIX + "unknown_token_id", 0);
  }

  private static GgufWriter wordPiece(String... more) {
    String[] first = {
      "![UNK]",
      "![CLS]",
      "![SEP]",
      "\u2581cafe",
      "\u2581un",
      "believ",
      "able",
      "\u2581!",
      "\u2581\u4e2d",
      "\u2581a",
      "\u2581C",
      "\u2581\u1112"
    };
    String[] all = Arrays.copyOf(first, first.length + more.length);
    System.arraycopy(more, 0, all, first.length, more.length);
    return tokens("bert", all)
        .put(PREFIX + "bos_token_id", 1)
        .put(PREFIX + "seperator_token_id", 2);
  }

  private static List<String> texts(Tokenizer tokenizer, String text) {
    return Arrays.stream(tokenizer.encode(text, false, false))
        .mapToObj(tokenizer.vocabulary()::text)
        .toList();
  }

  @Test
  void wordPieceSplitsWords() {
    Tokenizer tokenizer = open(wordPiece());
    assertThat(tokenizer.kind()).isEqualTo("bert");
    assertThat(tokenizer.encode("Caf\u00e9 UNBELIEVABLE!", true, false))
        .containsExactly(1, 3, 4, 5, 6, 7, 2);
    assertThat(tokenizer.encode("", true, false)).containsExactly(1, 2);
    assertThat(tokenizer.encode("cafe\u0301\u0000\u200b\ufffd\ud800", false, false))
        .containsExactly(3);
    assertThat(texts(tokenizer, "a\u4e2da")).containsExactly("\u2581a", "\u2581\u4e2d", "\u2581a");
    // one unknown token for a word of which a part has no token
    assertThat(texts(tokenizer, "unbelievx a")).containsExactly("[UNK]", "\u2581a");
    // as in llama.cpp, a Hangul syllable becomes its first consonant
    assertThat(texts(tokenizer, "\ud55c")).containsExactly("\u2581\u1112");
    assertThat(tokenizer.decode(new int[] {1, 3, 4, 5, 6, 7, 2}, false))
        .isEqualTo(" cafe unbelievable!");
    Vocabulary vocabulary = tokenizer.vocabulary();
    assertThat(vocabulary.addsBos()).isTrue();
    assertThat(vocabulary.addsEos()).isFalse();
    assertThat(vocabulary.addsSeparator()).isTrue();
    assertThat(vocabulary.separator()).hasValue(2);
    assertThat(vocabulary.eos()).isEmpty();
  }

  @Test
  void wordPieceKeepsCaseAndAccentsIfTheFileSays() {
    GgufWriter cased = wordPiece("\u2581Caf", "\u00e9").put(PREFIX + "normalizer.lowercase", false);
    assertThat(texts(open(cased), "Caf\u00e9 C a"))
        .containsExactly("\u2581Caf", "\u00e9", "\u2581C", "\u2581a");
    GgufWriter accents =
        wordPiece("\u2581caf", "\u00e9").put(PREFIX + "normalizer.strip_accents", false);
    assertThat(texts(open(accents), "CAF\u00c9")).containsExactly("\u2581caf", "\u00e9");
  }

  /** A later version of Unicode must not change tokens. */
  @Test
  void laterCharactersAreUnassigned() {
    assertThat(Unicode15.isAssigned('a')).isTrue();
    assertThat(Unicode15.isAssigned(0x10fffd)).isTrue();
    assertThat(Unicode15.isAssigned(0x10ffff)).isFalse();
    assertThat(Unicode15.isAssigned(0x1c89)).isFalse(); // a capital letter of 16.0
    assertThat(Unicode15.toLowerCase(0x1c89)).isEqualTo(0x1c89);
    assertThat(Unicode15.isAssigned(0x1e5d0)).isFalse(); // a letter of 16.0
    int lower = 0;
    int base = 0;
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      lower = 31 * lower + Unicode15.toLowerCase(c);
      base = 31 * base + Unicode15.baseCharacter(c);
    }
    assertThat(new int[] {lower, base}).containsExactly(1_098_535_568, -567_582_446);
  }

  @Test
  void controlTokensAreNoPartOfWords() {
    Tokenizer tokenizer = open(wordPiece("!believe", "!\u2581sep"));
    assertThat(texts(tokenizer, "unbelieve sep")).containsExactly("[UNK]", "[UNK]");
    assertThat(tokenizer.encode("[SEP]", false, true)).containsExactly(2);
    assertThat(texts(tokenizer, "[SEP]")).doesNotContain("[SEP]");
  }

  private static GgufWriter unigram(Map<String, String> replacements) {
    return tokens(
            "t5",
            "!<unk>",
            "!</s>",
            "\u2581a",
            "a",
            "b",
            "ab",
            "\u2581",
            "+<x>",
            "+<|user|>",
            "<",
            "x")
        .put(PREFIX + "eos_token_id", 1)
        .put(PREFIX + "add_space_prefix", true)
        .put(PREFIX + "scores", new float[] {0, 0, -3, -2, -2, -3.5f, -1, 0, 0, -4, -4})
        .put(PREFIX + "precompiled_charsmap", SmallVocabularies.characterMap(replacements));
  }

  @Test
  void unigramTakesBestPath() {
    Tokenizer tokenizer = open(unigram(Map.of("\u00e4", "a")));
    assertThat(tokenizer.kind()).isEqualTo("t5");
    assertThat(tokenizer.encode("ab", true, false)).containsExactly(6, 5, 1); // -4.5 > -5
    assertThat(texts(tokenizer, "b\u00e4b")).containsExactly("\u2581", "b", "ab");
    assertThat(texts(tokenizer, "a??a")).containsExactly("\u2581a", "<unk>", "a");
    assertThat(texts(tokenizer, "a a")).containsExactly("\u2581a", "\u2581a");
    assertThat(tokenizer.decode(new int[] {2, 2, 1}, false)).isEqualTo("a a");
    Vocabulary vocabulary = tokenizer.vocabulary();
    assertThat(vocabulary.addsBos()).isFalse();
    assertThat(vocabulary.addsEos()).isTrue();
    assertThat(vocabulary.addsSeparator()).isFalse();
  }

  @Test
  void unigramContinuesWithoutSpace() {
    for (boolean merged : new boolean[] {false, true}) {
      Tokenizer tokenizer =
          open(unigram(Map.of("y", "a")).put(PREFIX + "remove_extra_whitespaces", merged));
      assertThat(tokenizer.encodeAfter(3, PromptText.untrusted("ab"))).containsExactly(5);
      assertThat(tokenizer.encodeAfter(3, PromptText.untrusted(" a"))).containsExactly(2);
      assertThat(tokenizer.encodeAfter(1, PromptText.untrusted("ab"))).containsExactly(6, 5);
    }
  }

  /** Not even by normalization. */
  @Test
  void untrustedTextBecomesNoControlToken() {
    Tokenizer tokenizer = open(unigram(Map.of("(", "<", ")", ">", "\uff0f", "/", "\uff5c", "|")));
    assertThat(texts(tokenizer, "(\uff0fs) </s>")).doesNotContain("</s>");
    assertThat(texts(tokenizer, "(x)")).containsExactly("\u2581", "<x>"); // user-defined
    PromptText text =
        new PromptText(
            List.of(new Span("<|user|>", true), new Span("<|user|> (\uff5cuser|)", false)));
    assertThat(tokenizer.encode(text, false)).containsOnlyOnce(8).startsWith(8);
  }
}
