package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgufFile;
import dev.myelin.testing.SharedData;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real vocabularies: the same tokens and the same text as libllama, whatever the text. */
class OracleTokenizerTest {
  private static final int RANDOM_TEXTS = 3000;

  @BeforeAll
  static void load() {
    OracleVocabulary.load();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "aquila",
        "baichuan",
        "command-r",
        "deepseek-coder",
        "deepseek-llm",
        "falcon",
        "gpt-2",
        "gpt-neox",
        "llama-bpe",
        "llama-spm",
        "mpt",
        "phi-3",
        "qwen2",
        "qwen35",
        "refact",
        "starcoder"
      })
  void asLibllama(String name) {
    try (GgufFile file = GgufFile.open(SharedData.path("vocabs/ggml-vocab-" + name + ".gguf"));
        OracleVocabulary oracle = OracleVocabulary.of(file.path())) {
      Comparison comparison = new Comparison(Tokenizer.of(file), oracle);
      comparison.vocabulary();
      comparison.texts(Texts.all(name.hashCode(), RANDOM_TEXTS));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"stories260K-f32"})
  void modelAsLibllama(String name) {
    try (GgufFile file = GgufFile.open(SharedData.path("models/" + name + ".gguf"));
        OracleVocabulary oracle = OracleVocabulary.of(file.path())) {
      Comparison comparison = new Comparison(Tokenizer.of(file), oracle);
      comparison.vocabulary();
      comparison.texts(Texts.all(7, RANDOM_TEXTS));
      assertThat(List.of(oracle.size())).containsExactly(512);
    }
  }
}
