package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small vocabularies with tokens that are checked by hand. */
class TokenizerTest {
  private static final String PREFIX = "tokenizer.ggml.";

  private static Tokenizer open(GgufWriter writer) {
    try (GgufFile file = SmallVocabularies.open(writer)) {
      return Tokenizer.of(file);
    }
  }

  /**
   * A writer with these tokens. The prefix {@code !} marks a control token, {@code +} a
   * user-defined one.
   */
  private static GgufWriter tokens(String kind, String... texts) {
    int[] types = new int[texts.length];
    String[] plain = new String[texts.length];
    for (int i = 0; i < texts.length; i++) {
      boolean marked = texts[i].length() > 1 && "!+".indexOf(texts[i].charAt(0)) >= 0;
      types[i] = !marked ? 1 : texts[i].charAt(0) == '!' ? 3 : 4;
      plain[i] = marked ? texts[i].substring(1) : texts[i];
    }
    return new GgufWriter()
        .put(PREFIX + "model", kind)
        .put(PREFIX + "tokens", plain)
        .put(PREFIX + "token_type", types);
  }

  private static GgufWriter spm(String... more) {
    List<String> texts =
        new ArrayList<>(List.of("?", "!<s>", "!</s>", "\u2581", "a", "b", "ab", "\u2581ab"));
    texts.addAll(List.of(more));
    float[] scores = new float[texts.size()];
    scores[6] = -1;
    scores[7] = -2;
    return tokens("llama", texts.toArray(String[]::new)).put(PREFIX + "scores", scores);
  }

  private static GgufWriter bpe(String... more) {
    List<String> texts = new ArrayList<>(List.of("a", "b", "\u0120", "ab", "\u0120ab", "c"));
    texts.addAll(List.of(more));
    return tokens("gpt2", texts.toArray(String[]::new))
        .put(PREFIX + "pre", "gpt-2")
        .put(PREFIX + "merges", new String[] {"a b", "\u0120 ab"});
  }

  private static List<String> tokenTexts(Tokenizer tokenizer, int[] ids) {
    return Arrays.stream(ids).mapToObj(tokenizer.vocabulary()::text).toList();
  }

  @Test
  void spmAddsAndRemovesPrefixSpace() {
    Tokenizer tokenizer = open(spm());
    assertThat(tokenizer.kind()).isEqualTo("llama");
    int[] ids = tokenizer.encode("ab ab", false, false);
    assertThat(tokenTexts(tokenizer, ids)).containsExactly("\u2581ab", "\u2581ab");
    assertThat(tokenizer.decode(ids, false)).isEqualTo("ab ab");
    assertThat(tokenTexts(tokenizer, tokenizer.encode("ab", true, false)))
        .containsExactly("<s>", "\u2581ab");
    assertThat(tokenizer.encode("", true, false)).containsExactly(1);
    assertThat(tokenizer.encode("", false, false)).isEmpty();
  }

  @Test
  void parsesControlTokensOnRequest() {
    Tokenizer tokenizer = open(spm("+[ab]", "[", "]", "<", "s", ">"));
    assertThat(tokenTexts(tokenizer, tokenizer.encode("<s>ab", false, true)))
        .containsExactly("<s>", "\u2581ab");
    assertThat(tokenTexts(tokenizer, tokenizer.encode("<s>", false, false)))
        .containsExactly("\u2581", "<", "s", ">");
    assertThat(tokenTexts(tokenizer, tokenizer.encode("a[ab]b", false, false)))
        .containsExactly("\u2581", "a", "[ab]", "\u2581", "b");
    assertThat(tokenizer.decode(new int[] {1, 7}, false)).isEqualTo(" ab");
    assertThat(tokenizer.decode(new int[] {1, 7}, true)).isEqualTo("<s> ab");
  }

  @Test
  void matchesLongerSpecialTokensFirst() {
    Tokenizer tokenizer = open(bpe("!<x", "!<xy>", "!y>z", "<", "x", "y", ">", "z"));
    assertThat(tokenTexts(tokenizer, tokenizer.encode("<xy>z<x<xyy>z", false, true)))
        .containsExactly("<xy>", "z", "<x", "<x", "y", "y>z");
  }

  @Test
  void phi3TokensStripWhiteSpaceOnTheRight() {
    Tokenizer tokenizer =
        open(spm("!<|end|>", "!<|endoftext|>", "\n").put("general.name", "Phi3 mini"));
    assertThat(tokenTexts(tokenizer, tokenizer.encode("ab <|end|> \n\t ab", false, true)))
        .containsExactly("\u2581ab", "\u2581", "<|end|>", "\u2581ab");
    assertThat(tokenTexts(tokenizer, tokenizer.encode("<|endoftext|>\nab", false, true)))
        .containsExactly("<|endoftext|>", "\u2581", "\n", "ab");
  }

  @Test
  void maskTokensStripWhiteSpaceOnTheLeft() {
    Tokenizer tokenizer = open(bpe("!<mask>"));
    assertThat(tokenTexts(tokenizer, tokenizer.encode("ab <mask> ab", false, true)))
        .containsExactly("ab", "\u0120", "<mask>", "\u0120ab");
    GgufWriter jina =
        tokens("gpt2", "a", "b", "\u0120", "ab", "\u0120ab", "!<mask>")
            .put(PREFIX + "pre", "jina-v2-code")
            .put(PREFIX + "merges", new String[] {"a b", "\u0120 ab"});
    Tokenizer stripping = open(jina);
    assertThat(tokenTexts(stripping, stripping.encode("ab <mask> ab", false, true)))
        .containsExactly("ab", "<mask>", "\u0120ab");
  }

  @Test
  void bpeMergesByRankAndDropsUnknownBytes() {
    Tokenizer tokenizer = open(bpe());
    assertThat(tokenizer.kind()).isEqualTo("gpt2");
    assertThat(tokenTexts(tokenizer, tokenizer.encode("ab abxc", false, false)))
        .containsExactly("ab", "\u0120ab", "c");
    assertThat(tokenizer.decode(new int[] {3, 4, 5}, false)).isEqualTo("ab abc");
  }

  @ParameterizedTest
  @CsvSource({"llama-bpe,true", "tekken,true", "gpt-2,false", "dbrx,false"})
  void ignoreMergesTakesWholeWords(String pre, boolean ignoreMerges) {
    GgufWriter writer =
        tokens("gpt2", "a", "b", "\u0120", "bab", "\u0120ab")
            .put(PREFIX + "pre", pre)
            .put(PREFIX + "add_bos_token", false)
            .put(PREFIX + "merges", new String[] {"a b"});
    assertThat(open(writer).encode("bab", false, false))
        .containsExactly(ignoreMerges ? new int[] {3} : new int[] {1, 0, 1});
  }

  @Test
  void addsBosAndEosAsTheFileSays() {
    GgufWriter writer =
        bpe("!<b>", "!<e>")
            .put(PREFIX + "bos_token_id", 6)
            .put(PREFIX + "eos_token_id", 7)
            .put(PREFIX + "add_bos_token", true)
            .put(PREFIX + "add_eos_token", true);
    Tokenizer tokenizer = open(writer);
    assertThat(tokenizer.encode("ab", true, false)).containsExactly(6, 3, 7);
    assertThat(tokenizer.encode("ab", false, false)).containsExactly(3);
    Vocabulary vocabulary = tokenizer.vocabulary();
    assertThat(vocabulary.addsBos()).isTrue();
    assertThat(vocabulary.addsEos()).isTrue();
    assertThat(vocabulary.bos()).hasValue(6);
    assertThat(vocabulary.eos()).hasValue(7);
    assertThat(vocabulary.isEndOfGeneration(7)).isTrue();
    assertThat(vocabulary.isEndOfGeneration(6)).isFalse();
    assertThat(vocabulary.isEndOfGeneration(-1)).isFalse();
  }

  @Test
  void cleansSpacesDependingOnPreTokenizer() {
    String[] signs = {".", ",", "'", "s", "\u0120'", "\u0120.", "\u0120,", "?", "\u0120?"};
    GgufWriter gpt2 = bpe(signs);
    int[] ids = {3, 11, 12, 4, 10, 9, 14}; // ab . , ab ' s ?
    assertThat(open(gpt2).decode(ids, false)).isEqualTo("ab., ab's?");
    GgufWriter qwen2 =
        tokens("gpt2", "a", "\u0120.")
            .put(PREFIX + "pre", "qwen2")
            .put(PREFIX + "merges", new String[0]);
    assertThat(open(qwen2).decode(new int[] {0, 1}, false)).isEqualTo("a .");
  }

  @Test
  void findsSpecialTokensByTheirTexts() {
    Tokenizer tokenizer =
        open(
            bpe(
                "<|im_end|>",
                "<|fim_pad|>",
                "<|fim_prefix|>",
                "<|eom_id|>",
                "</s>",
                "<|file_sep|>"));
    Vocabulary vocabulary = tokenizer.vocabulary();
    assertThat(vocabulary.eot()).hasValue(6);
    assertThat(vocabulary.eom()).hasValue(9);
    assertThat(vocabulary.eos()).hasValue(11); // the default of llama.cpp
    assertThat(vocabulary.endOfGeneration()).containsExactly(6, 7, 9, 10, 11);
    assertThat(vocabulary.isControl(8)).isTrue();
    assertThat(vocabulary.isControl(6)).isTrue();
    assertThat(vocabulary.isControl(0)).isFalse();
    assertThat(tokenizer.decode(new int[] {3, 6}, false)).isEqualTo("ab");
  }

  @Test
  void endTokenDoesNotEndGenerationOfToolModels() {
    Tokenizer tokenizer = open(bpe("<|end|>", "<|return|>", "<|call|>", "<|start|>"));
    assertThat(tokenizer.vocabulary().endOfGeneration()).containsExactly(7, 8);
    assertThat(tokenizer.decode(new int[] {9, 3, 6, 7}, false)).isEqualTo("<|start|>ab<|end|>");
    assertThat(open(bpe("<|end|>", "<|return|>")).vocabulary().endOfGeneration())
        .containsExactly(6, 7);
    assertThat(open(bpe("</s>", "<|tool_response>")).vocabulary().endOfGeneration())
        .containsExactly(7);
  }

  @Test
  void spmEncodesBytesWithoutTokenAsUnknown() {
    GgufWriter writer =
        tokens("llama", "a")
            .put(PREFIX + "unknown_token_id", 0)
            .put(PREFIX + "add_bos_token", false);
    assertThat(open(writer).encode("b", false, false)).containsOnly(0).hasSize(4);
  }

  @Test
  void rejectsOutOfRangeIds() {
    assertThatThrownBy(() -> open(spm()).vocabulary().text(99))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("token 99: expected 0 to 7, the tokens of small.gguf");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\ud800", "\udc00", "a\ud83d", "\ude00\ud83d", "x\udbff\udbffy"})
  void replacesUnpairedSurrogates(String text) {
    Tokenizer tokenizer = open(SmallVocabularies.bpe("qwen2", true));
    int[] ids = tokenizer.encode(text, false, false);
    assertThat(tokenizer.decode(ids, false))
        .isEqualTo(text.replaceAll("[\ud800-\udfff]", "\ufffd"))
        .contains("\ufffd");
  }

  @Test
  void roundTripsAnyText() {
    Tokenizer bpe = open(SmallVocabularies.bpe("llama-bpe", true));
    Tokenizer spm = open(SmallVocabularies.spm().put(PREFIX + "add_space_prefix", false));
    for (String text : TestTexts.all(13, 2000)) {
      String expected = TestTexts.wellFormed(text);
      int[] ids = bpe.encode(text, false, false);
      StringBuilder pieces = new StringBuilder();
      TextStream stream = new TextStream(bpe);
      for (int id : ids) {
        pieces.append(stream.push(id));
      }
      assertThat(pieces.append(stream.flush()).toString()).isEqualTo(expected);
      if (!text.contains("\u2581")) {
        assertThat(spm.decode(spm.encode(text, false, false), false)).isEqualTo(expected);
      }
    }
  }

  /** Tables are created on first use: concurrent threads must see them complete. */
  @Test
  void isThreadSafe() throws Exception {
    List<String> texts = TestTexts.all(17, 300);
    List<int[]> expected = new ArrayList<>();
    Tokenizer alone = open(SmallVocabularies.bpe("qwen2", true));
    for (String text : texts) {
      expected.add(alone.encode(text, true, true));
    }
    for (int round = 0; round < 5; round++) {
      Tokenizer shared = open(SmallVocabularies.bpe("qwen2", true));
      CountDownLatch start = new CountDownLatch(1);
      List<Future<?>> running = new ArrayList<>();
      try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
        for (int thread = 0; thread < 8; thread++) {
          int first = thread;
          running.add(
              pool.submit(
                  () -> {
                    start.await();
                    for (int i = first; i < texts.size(); i += 4) {
                      assertThat(shared.encode(texts.get(i), true, true))
                          .isEqualTo(expected.get(i));
                    }
                    return null;
                  }));
        }
        start.countDown();
        for (Future<?> one : running) {
          one.get();
        }
      }
    }
  }
}
