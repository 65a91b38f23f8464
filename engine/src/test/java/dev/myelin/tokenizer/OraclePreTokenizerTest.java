package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each name of each pre-tokenizer gives the same tokens as libllama. */
class OraclePreTokenizerTest {
  @TempDir Path folder;

  @BeforeAll
  static void load() {
    OracleVocabulary.load();
  }

  static List<String> names() {
    return PreTokenizers.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void eachNameMatchesLibllama(String name) {
    boolean first = PreTokenizers.find(name).orElseThrow().names().getFirst().equals(name);
    int texts = first ? TestTexts.RANDOM / 4 : 40;
    compare(SmallVocabularies.bpe(name, false), TestTexts.all(name.hashCode(), texts));
  }

  @Test
  void missingNameMatchesLibllama() {
    compare(SmallVocabularies.bpe(null, false), TestTexts.all(1, TestTexts.RANDOM));
  }

  @Test
  void spmMatchesLibllama() {
    compare(SmallVocabularies.spm(), TestTexts.all(2, 2 * TestTexts.RANDOM));
    compare(
        SmallVocabularies.spm()
            .put("tokenizer.ggml.add_space_prefix", false)
            .put("tokenizer.ggml.add_bos_token", false)
            .put("tokenizer.ggml.add_eos_token", true),
        TestTexts.all(3, TestTexts.RANDOM / 2));
  }

  private void compare(GgufWriter writer, List<String> texts) {
    Path path = folder.resolve("vocabulary.gguf");
    writer.write(path);
    try (GgufFile file = GgufFile.open(path);
        OracleVocabulary oracle = OracleVocabulary.of(path)) {
      LibllamaComparison comparison = new LibllamaComparison(Tokenizer.of(file), oracle);
      comparison.compareVocabulary();
      comparison.compareTexts(texts);
    }
  }
}
