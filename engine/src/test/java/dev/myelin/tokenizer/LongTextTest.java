package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Texts of up to a million characters without a word boundary: no stack overflow, and no quadratic
 * time, which would be far above the limit.
 */
class LongTextTest {
  private static final int MILLION = 1 << 20;
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);

  private static Map<String, String> millionCharacters() {
    Map<String, String> texts = new LinkedHashMap<>();
    for (String unit : new String[] {"a", " ", "7", "\ud83d\ude00"}) {
      texts.put(unit, unit.repeat(MILLION));
    }
    return texts;
  }

  private static Map<String, String> texts(int size) {
    Map<String, String> texts = new LinkedHashMap<>();
    String[] units = {
      "a",
      "A",
      "aB",
      " ",
      "\n",
      " \n",
      "\t ",
      "7",
      "\u0663",
      "!",
      "\ud83d\ude00",
      "\u4e2d",
      "\u0301",
      "'",
      "'s",
      "\u00a0",
      "\u0000",
      "a1",
      "a ",
      "\u3042\u4e2d",
      "  x",
      "IMGIMG"
    };
    for (String unit : units) {
      texts.put(unit, unit.repeat(size / unit.length()));
    }
    texts.put("spaces, then a letter", " ".repeat(size) + "x");
    texts.put("line breaks among spaces", (" ".repeat(999) + "\n").repeat(size / 1000) + "x");
    texts.put("capitals, then one small", "A".repeat(size) + "a");
    return texts;
  }

  static List<String> preTokenizers() {
    return PreTokenizers.names().stream()
        .filter(name -> PreTokenizers.find(name).orElseThrow().names().getFirst().equals(name))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("preTokenizers")
  void preTokenizersTakeLinearTime(String name) {
    Splitter[] splitters = PreTokenizers.find(name).orElseThrow().splitters();
    assertTimeoutPreemptively(
        TIME_LIMIT,
        () ->
            texts(MILLION / 8)
                .forEach(
                    (what, text) -> {
                      byte[] utf8 = Utf8.encode(text);
                      SplitText split = new SplitText(utf8, 0, utf8.length);
                      IntList ends = PreTokenizer.split(split, splitters);
                      assertThat(ends.last()).as(what).isEqualTo(split.size());
                      for (int i = 1; i < ends.size(); i++) {
                        if (ends.get(i) <= ends.get(i - 1)) {
                          throw new AssertionError(what + ": an empty piece " + i);
                        }
                      }
                    }));
  }

  @Test
  void bpeTakesLinearTime() {
    roundTrips(SmallVocabularies.bpe("llama-bpe", true));
  }

  @Test
  void spmTakesLinearTime() {
    roundTrips(SmallVocabularies.spm().put("tokenizer.ggml.add_space_prefix", false));
  }

  @Test
  void wordPieceTakesLinearTime() {
    encodes(SmallVocabularies.wordPiece());
  }

  @Test
  void unigramTakesLinearTime() {
    encodes(
        SmallVocabularies.unigram()
            .put(
                "tokenizer.ggml.precompiled_charsmap",
                SmallVocabularies.characterMap(Map.of("a", "aa", "\u4e2d", "", "\u3042", "z "))));
  }

  @Test
  void escapedBpeTakesLinearTime() {
    encodes(SmallVocabularies.escapedBpe());
  }

  private static void encodes(GgufWriter writer) {
    try (GgufFile file = SmallVocabularies.open(writer)) {
      Tokenizer tokenizer = Tokenizer.of(file);
      Map<String, String> texts = texts(MILLION / 256);
      texts.putIfAbsent("a word", "ab".repeat(MILLION / 8));
      texts.putIfAbsent("Han", "\u4e2d".repeat(MILLION / 8));
      assertTimeoutPreemptively(
          TIME_LIMIT,
          () ->
              texts.forEach(
                  (what, text) ->
                      assertThat(tokenizer.encode(text, true, true)).as(what).isNotEmpty()));
    }
  }

  private static void roundTrips(GgufWriter writer) {
    try (GgufFile file = SmallVocabularies.open(writer)) {
      Tokenizer tokenizer = Tokenizer.of(file);
      Map<String, String> texts = texts(MILLION / 64);
      texts.putAll(millionCharacters());
      assertTimeoutPreemptively(
          TIME_LIMIT, () -> texts.forEach((what, text) -> roundTrip(tokenizer, what, text)));
    }
  }

  private static void roundTrip(Tokenizer tokenizer, String what, String text) {
    StringBuilder back = new StringBuilder();
    TextStream stream = new TextStream(tokenizer);
    for (int id : tokenizer.encode(text, false, true)) {
      back.append(stream.push(id));
    }
    assertThat(back.append(stream.flush()).compareTo(new StringBuilder(text))).as(what).isZero();
  }
}
