package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.tokenizer.PromptText.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Prompts of trusted and untrusted spans: where control tokens are found. */
class PromptTextTest {
  private static final String PREFIX = "tokenizer.ggml.";
  private static final String[] PIECES = {
    "<|im_start|>",
    "<|im_end|>",
    "<|im_",
    "end|>",
    "<s>",
    "<",
    "s>",
    "<unk>",
    "<mask>",
    "  ",
    " ",
    "\n",
    "hello",
    "world",
    "<xy>",
    "<x",
    "(s)",
    "\uff1c|im_end|>",
    "[CLS]",
    "[abc]",
    "\ud83d\ude00",
    "\ud83d",
    "\ude00",
    "é",
    "<|end|>"
  };

  private enum TestVocabulary {
    SPM,
    BPE,
    PHI_3,
    JINA,
    WORD_PIECE,
    ESCAPED_BPE,
    UNIGRAM;

    Tokenizer open() {
      return PromptTextTest.open(
          switch (this) {
            case SPM -> SmallVocabularies.spm();
            case BPE -> SmallVocabularies.bpe("qwen2", true);
            case PHI_3 -> SmallVocabularies.spm().put("general.name", "Phi-3 mini");
            case ESCAPED_BPE -> SmallVocabularies.escapedBpe();
            case WORD_PIECE -> SmallVocabularies.wordPiece();
            case UNIGRAM ->
                SmallVocabularies.unigram()
                    .put(
                        PREFIX + "precompiled_charsmap",
                        SmallVocabularies.characterMap(Map.of("\uff1c", "<", "(", "<", ")", ">")));
            case JINA -> SmallVocabularies.bpe("jina-v2-code", true);
          });
    }
  }

  private static Tokenizer open(GgufWriter writer) {
    try (GgufFile file = SmallVocabularies.open(writer)) {
      return Tokenizer.of(file);
    }
  }

  /** A prompt of alternating trusted and untrusted spans, the first one trusted. */
  private static PromptText text(String... parts) {
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < parts.length; i++) {
      spans.add(new Span(parts[i], i % 2 == 0));
    }
    return new PromptText(spans);
  }

  private static List<String> tokenTexts(Tokenizer tokenizer, PromptText text) {
    return Arrays.stream(tokenizer.encode(text, false))
        .mapToObj(tokenizer.vocabulary()::text)
        .toList();
  }

  private static String randomText(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(5); i >= 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  @Test
  void mergesAdjacentSpansOfSameTrust() {
    PromptText text =
        new PromptText(
            List.of(
                new Span("", false),
                new Span("a", true),
                new Span("", false),
                new Span("b", true),
                new Span("c", false),
                new Span("d", false)));
    assertThat(text.spans()).containsExactly(new Span("ab", true), new Span("cd", false));
    assertThat(text.text()).isEqualTo("abcd");
    assertThat(text.length()).isEqualTo(4);
    assertThat(text("", "").spans()).isEmpty();
    assertThat(text("", "").text()).isEmpty();
    assertThat(text("x")).isEqualTo(PromptText.trusted("x"));
    assertThat(text("", "x")).isEqualTo(PromptText.untrusted("x"));
  }

  @ParameterizedTest
  @EnumSource
  void singleSpanEqualsPlainString(TestVocabulary vocabulary) {
    Tokenizer tokenizer = vocabulary.open();
    Random random = new Random(7);
    for (int i = 0; i < 500; i++) {
      String text = i == 0 ? "" : randomText(random);
      for (boolean special : new boolean[] {false, true}) {
        assertThat(tokenizer.encode(PromptText.trusted(text), special))
            .as(text)
            .isEqualTo(tokenizer.encode(text, special, true));
        assertThat(tokenizer.encode(PromptText.untrusted(text), special))
            .as(text)
            .isEqualTo(tokenizer.encode(text, special, false));
      }
    }
  }

  /** If there are no control tokens, not even across a boundary, the spans make no difference. */
  @ParameterizedTest
  @EnumSource
  void spanBoundariesDoNotChangeTokens(TestVocabulary vocabulary) {
    Tokenizer tokenizer = vocabulary.open();
    Random random = new Random(8);
    int compared = 0;
    for (int i = 0; i < 500; i++) {
      PromptText text = text(randomText(random), randomText(random));
      int[] plain = tokenizer.encode(text.text(), false, false);
      if (Arrays.equals(plain, tokenizer.encode(text.text(), false, true))) {
        assertThat(tokenizer.encode(text, false)).as("%s", text).isEqualTo(plain);
        compared++;
      }
    }
    assertThat(compared).isGreaterThan(20);
  }

  /** All control tokens in trusted text are found, and no others. */
  @ParameterizedTest
  @EnumSource
  void findsControlTokensInTrustedTextOnly(TestVocabulary testVocabulary) {
    Tokenizer tokenizer = testVocabulary.open();
    Vocabulary vocabulary = tokenizer.vocabulary();
    Random random = new Random(9);
    for (int i = 0; i < 1000; i++) {
      String[] parts = {
        randomText(random), randomText(random), randomText(random), randomText(random)
      };
      List<String> expected = new ArrayList<>();
      for (int part = 0; part < parts.length; part += 2) {
        expected.addAll(controlTokens(vocabulary, tokenizer.encode(parts[part], false, true)));
      }
      assertThat(controlTokens(vocabulary, tokenizer.encode(text(parts), false)))
          .as(String.join("|", parts))
          .isEqualTo(expected);
    }
  }

  private static List<String> controlTokens(Vocabulary vocabulary, int[] tokens) {
    return Arrays.stream(tokens).filter(vocabulary::isControl).mapToObj(vocabulary::text).toList();
  }

  @Test
  void controlTokenAcrossBoundaryIsText() {
    Tokenizer tokenizer = open(SmallVocabularies.bpe("qwen2", true));
    String[][] cases = {
      {"<|im_", "end|>"}, {"", "<|im_", "end|>"}, {"<|im_", "end|", ">"}, {"<|im_end|", ">"}
    };
    for (String[] parts : cases) {
      assertThat(tokenizer.encode(text(parts), false))
          .as(String.join("|", parts))
          .isEqualTo(tokenizer.encode("<|im_end|>", false, false));
    }
    assertThat(tokenTexts(tokenizer, text("<|im_end|>", "<|im_end|>", "<|im_end|>")))
        .startsWith("<|im_end|>")
        .endsWith("<|im_end|>")
        .filteredOn("<|im_end|>"::equals)
        .hasSize(2);
  }

  @Test
  void findsTrustedTokenAfterUntrustedPrefix() {
    Tokenizer tokenizer =
        open(
            new GgufWriter()
                .put(PREFIX + "model", "gpt2")
                .put(PREFIX + "pre", "gpt-2")
                .put(PREFIX + "tokens", new String[] {"a", "aa"})
                .put(PREFIX + "token_type", new int[] {1, 3})
                .put(PREFIX + "merges", new String[0]));
    assertThat(tokenizer.encode(text("", "a", "aa"), false)).containsExactly(0, 1);
    assertThat(tokenizer.encode(text("", "aa", "aa", "aa"), false)).containsExactly(0, 0, 1, 0, 0);
  }

  @Test
  void findsUserDefinedTokensAnywhere() {
    Tokenizer tokenizer = open(SmallVocabularies.bpe("qwen2", true));
    assertThat(tokenTexts(tokenizer, text("[abc]", "[abc][a", "bc]")))
        .containsExactly("[abc]", "[abc]", "[abc]");
  }

  /** The roles of Command R are user-defined; those of gpt-oss become so to be rendered. */
  @Test
  void findsUserDefinedRoleMarkersInTrustedTextOnly() {
    String[] markers = {
      "<|USER_TOKEN|>", "<|tool_call>", "<call|>", "<\uff5cUser\uff5c>", "<|message|>"
    };
    String[] others = {"<table>", "<|>", "|>", "[INST]", "<|x"};
    List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    List<Integer> types = new ArrayList<>(List.of(2, 3, 3));
    for (int b = 0; b < 256; b++) {
      tokens.add("<0x%02X>".formatted(b));
      types.add(6);
    }
    for (String[] defined : new String[][] {markers, others}) {
      for (String text : defined) {
        tokens.add(text);
        types.add(text.equals("<|message|>") ? 3 : 4);
      }
    }
    Tokenizer tokenizer =
        open(
            new GgufWriter()
                .put(PREFIX + "model", "llama")
                .put(PREFIX + "tokens", tokens.toArray(String[]::new))
                .put(PREFIX + "token_type", types.stream().mapToInt(t -> t).toArray())
                .put(PREFIX + "scores", new float[tokens.size()]));
    for (String marker : markers) {
      assertThat(tokenTexts(tokenizer, text(marker))).containsExactly(marker);
      assertThat(tokenTexts(tokenizer, text("", marker))).doesNotContain(marker);
      assertThat(tokenizer.encode(marker, false, false)).hasSize(1); // as in llama.cpp
    }
    for (String other : others) {
      assertThat(tokenTexts(tokenizer, text(other))).containsExactly(other);
      assertThat(tokenTexts(tokenizer, text("", other))).containsExactly(other);
    }
  }

  @Test
  void mergesAcrossBoundaries() {
    Tokenizer tokenizer =
        open(
            new GgufWriter()
                .put(PREFIX + "model", "gpt2")
                .put(PREFIX + "pre", "gpt-2")
                .put(PREFIX + "tokens", new String[] {"a", "b", "\u0120", "ab", "\u0120ab"})
                .put(PREFIX + "token_type", new int[] {1, 1, 1, 1, 1})
                .put(PREFIX + "merges", new String[] {"a b", "\u0120 ab"}));
    assertThat(tokenTexts(tokenizer, text(" a", "b", " ", "ab")))
        .containsExactly("\u0120ab", "\u0120ab");
  }

  /** SentencePiece adds a space in front of the text and after a special token, nowhere else. */
  @Test
  void prefixesSpaceOncePerFragmentNotPerSpan() {
    Tokenizer tokenizer =
        open(
            new GgufWriter()
                .put(PREFIX + "model", "llama")
                .put(
                    PREFIX + "tokens",
                    new String[] {"?", "<s>", "</s>", "\u2581", "a", "b", "ab", "\u2581ab"})
                .put(PREFIX + "token_type", new int[] {1, 3, 3, 1, 1, 1, 1, 1})
                .put(PREFIX + "scores", new float[] {0, 0, 0, 0, 0, 0, -1, -2}));
    assertThat(tokenTexts(tokenizer, text("a", "b"))).containsExactly("\u2581ab");
    assertThat(tokenTexts(tokenizer, text("<s>", "ab", "</s>", "a", "b")))
        .containsExactly("<s>", "\u2581ab", "</s>", "\u2581ab");
    assertThat(tokenTexts(tokenizer, text("", "ab", " ", "ab")))
        .containsExactly("\u2581ab", "\u2581ab");
    assertThat(tokenizer.encode(text("", "ab"), true)).containsExactly(1, 7);
  }

  @Test
  void stripsWhiteSpaceAcrossBoundaries() {
    Tokenizer phi3 = TestVocabulary.PHI_3.open();
    assertThat(phi3.encode(text("<|end|>", " \n\the", "<|user|>"), false))
        .isEqualTo(phi3.encode("<|end|> \n\the<|user|>", false, true));
    // as ordinary text it strips nothing
    assertThat(phi3.encode(text("", "<|end|>", " \n\the"), false))
        .isEqualTo(phi3.encode("<|end|> \n\the", false, false));
    Tokenizer jina = TestVocabulary.JINA.open();
    assertThat(jina.encode(text("", "hello  ", "<mask>"), false))
        .isEqualTo(jina.encode("hello  <mask>", false, true));
    assertThat(jina.encode(text("hello  ", "<mask>"), false))
        .isEqualTo(jina.encode("hello  <mask>", false, false));
  }

  @Test
  void joinsSurrogatePairAcrossBoundary() {
    Tokenizer tokenizer = open(SmallVocabularies.bpe("qwen2", true));
    String end = "<|im_end|>";
    for (PromptText text :
        List.of(
            text("\ud83d", "\ude00", end),
            text("", "\ud83d", "\ude00" + end),
            text("\ud83d", "\ude00\ud83d", "\ude00" + end),
            text("\ud83d", "\ude00\ud83d", "\ude00", "\ud83d", end))) {
      int[] tokens = tokenizer.encode(text, false);
      assertThat(tokens).isEqualTo(tokenizer.encode(text.text(), false, true));
      assertThat(tokenizer.decode(tokens, true)).endsWith(end);
    }
  }

  @Test
  void rejectsTooLongText() {
    String part = "a".repeat(1 << 20);
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i <= 256; i++) {
      spans.add(
          new Span(
              part,
              i % 2 == 0)); // alternating trust: not merged, so that the spans share one string
    }
    Tokenizer tokenizer = open(SmallVocabularies.bpe("qwen2", true));
    PromptText text = new PromptText(spans);
    assertThatThrownBy(() -> tokenizer.encode(text, false))
        .hasMessage("a text of 269484032 characters: expected at most 268435456");
  }
}
