package dev.myelin.tokenizer;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Generated vocabularies of other kinds give the same tokens as libllama, in each setting. */
class OracleKindsTest {
  private static final String PREFIX = "tokenizer.ggml.";
  private static final int TEXTS = 1500;

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    OracleVocabulary.load();
  }

  static Stream<Arguments> wordPieceSettings() {
    return Stream.of(
        arguments(Map.of()),
        arguments(Map.of("normalizer.lowercase", false)),
        arguments(Map.of("normalizer.strip_accents", false)),
        arguments(Map.of("normalizer.lowercase", false, "normalizer.strip_accents", true)),
        arguments(Map.of("add_space_prefix", true, "add_bos_token", false)),
        arguments(Map.of("add_eos_token", true, "add_sep_token", false)));
  }

  @ParameterizedTest
  @MethodSource("wordPieceSettings")
  void wordPieceMatchesLibllama(Map<String, Object> settings) {
    compare(SmallVocabularies.wordPiece(), settings);
  }

  static Stream<Arguments> unigramSettings() {
    byte[] map = SmallVocabularies.characterMap(replacements());
    return Stream.of(
        arguments(Map.of()),
        arguments(Map.of("add_space_prefix", true)),
        arguments(Map.of("remove_extra_whitespaces", true)),
        arguments(Map.of("add_space_prefix", true, "remove_extra_whitespaces", true)),
        arguments(Map.of("add_bos_token", true, "bos_token_id", 1, "add_eos_token", false)),
        arguments(Map.of("precompiled_charsmap", map)),
        arguments(Map.of("precompiled_charsmap", map, "add_space_prefix", true)),
        arguments(
            Map.of(
                "precompiled_charsmap",
                map,
                "add_space_prefix",
                true,
                "remove_extra_whitespaces",
                true)));
  }

  private static Map<String, String> replacements() {
    Map<String, String> map = new LinkedHashMap<>();
    map.put("\u00e9", "e");
    map.put("e", "E");
    map.put("e\u0301", "\u00e9");
    map.put("\u0301", ""); // removed
    map.put("\u00a0", " ");
    map.put("\t", "  ");
    map.put("\u3000", "a  b ");
    map.put("\ud83d\ude00", ":)");
    map.put("\uff1c", "<"); // may result in the text of a special token
    map.put("\uff1e", ">");
    map.put("ab", "x");
    map.put("abcd", "y ");
    map.put("\u4e2d", "\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587");
    return map;
  }

  @ParameterizedTest
  @MethodSource("unigramSettings")
  void unigramMatchesLibllama(Map<String, Object> settings) {
    compare(SmallVocabularies.unigram(), settings);
  }

  @Test
  void escapedBpeMatchesLibllama() {
    compare(SmallVocabularies.escapedBpe(), Map.of());
  }

  private void compare(GgufWriter writer, Map<String, Object> settings) {
    settings.forEach((key, value) -> writer.put(PREFIX + key, value));
    Path path = folder.resolve("vocabulary.gguf");
    writer.write(path);
    try (GgufFile file = GgufFile.open(path);
        OracleVocabulary oracle = OracleVocabulary.of(path)) {
      LibllamaComparison comparison = new LibllamaComparison(Tokenizer.of(file), oracle);
      comparison.compareVocabulary();
      comparison.compareTexts(TestTexts.all(settings.keySet().hashCode(), TEXTS));
      comparison.compareTexts(TestTexts.ofTokens(comparison.ours().vocabulary(), 9, TEXTS));
    }
  }
}
