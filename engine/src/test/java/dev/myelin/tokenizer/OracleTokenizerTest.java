package dev.myelin.tokenizer;

import dev.myelin.gguf.GgufFile;
import dev.myelin.testing.SharedData;
import dev.myelin.testing.TestModels;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real vocabularies give the same tokens and decoded text as libllama. */
class OracleTokenizerTest {
  @BeforeAll
  static void load() {
    OracleVocabulary.load();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "aquila",
        "baichuan",
        "bert-bge",
        "command-r",
        "deepseek-coder",
        "deepseek-llm",
        "falcon",
        "gemma-4",
        "gpt-2",
        "gpt-neox",
        "llama-bpe",
        "llama-spm",
        "mpt",
        "nomic-bert-moe",
        "phi-3",
        "qwen2",
        "qwen35",
        "refact",
        "starcoder"
      })
  void vocabularyMatchesLibllama(String name) {
    try (GgufFile file = GgufFile.open(SharedData.path("vocabs/ggml-vocab-" + name + ".gguf"));
        OracleVocabulary oracle = OracleVocabulary.of(file.path())) {
      LibllamaComparison comparison = new LibllamaComparison(Tokenizer.of(file), oracle);
      comparison.compareVocabulary();
      comparison.compareTexts(TestTexts.all(name.hashCode(), TestTexts.RANDOM));
      comparison.compareTexts(TestTexts.ofTokens(comparison.ours().vocabulary(), 8, 500));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"stories260K-f32"})
  void modelMatchesLibllama(String name) {
    compare(SharedData.path("models/" + name + ".gguf"));
  }

  @Test
  void miniLmMatchesLibllama() {
    compare(TestModels.path("all-MiniLM-L6-v2-f32.gguf"));
  }

  private static void compare(Path path) {
    try (GgufFile file = GgufFile.open(path);
        OracleVocabulary oracle = OracleVocabulary.of(file.path())) {
      LibllamaComparison comparison = new LibllamaComparison(Tokenizer.of(file), oracle);
      comparison.compareVocabulary();
      comparison.compareTexts(TestTexts.all(7, TestTexts.RANDOM));
      comparison.compareTexts(TestTexts.ofTokens(comparison.ours().vocabulary(), 8, 500));
    }
  }
}
