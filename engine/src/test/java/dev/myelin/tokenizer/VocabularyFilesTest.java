package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.gguf.GgufFile;
import dev.myelin.testing.SharedData;
import dev.myelin.testing.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real vocabularies give the published token ids of their test texts. */
class VocabularyFilesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert-bge",
        "command-r",
        "deepseek-coder",
        "deepseek-llm",
        "falcon",
        "gemma-4",
        "gpt-2",
        "llama-bpe",
        "llama-spm",
        "mpt",
        "phi-3",
        "qwen2",
        "qwen35",
        "refact",
        "starcoder"
      })
  void matchesPublishedTokenIds(String name) throws IOException {
    Path path = SharedData.path("vocabs/ggml-vocab-" + name + ".gguf");
    String[] texts =
        Files.readString(SharedData.path("vocabs/ggml-vocab-" + name + ".gguf.inp"))
            .split(Pattern.quote("\n__ggml_vocab_test__\n"));
    List<String> lines =
        Files.readAllLines(SharedData.path("vocabs/ggml-vocab-" + name + ".gguf.out"));
    assertThat(texts).hasSizeGreaterThan(40).hasSameSizeAs(lines);
    try (GgufFile file = GgufFile.open(path)) {
      Tokenizer tokenizer = Tokenizer.of(file);
      for (int i = 0; i < texts.length; i++) {
        int[] expected =
            Stream.of(lines.get(i).split(" "))
                .filter(id -> !id.isEmpty())
                .mapToInt(Integer::parseInt)
                .toArray();
        assertThat(tokenizer.encode(texts[i], false, false)).as(texts[i]).isEqualTo(expected);
      }
    }
  }

  /** The tokens of Hugging Face's tokenizer. */
  @Test
  void miniLmMatchesPublishedTokenIds() throws IOException {
    Path path = TestModels.path("all-MiniLM-L6-v2-f32.gguf");
    JsonNode texts =
        new ObjectMapper()
            .readTree(SharedData.path("models/expected/all-MiniLM-L6-v2.json").toFile());
    assertThat(texts.size()).isGreaterThan(10);
    try (GgufFile file = GgufFile.open(path)) {
      Tokenizer tokenizer = Tokenizer.of(file);
      for (JsonNode text : texts) {
        List<Integer> expected = new ArrayList<>();
        text.get("tokens").forEach(id -> expected.add(id.intValue()));
        assertThat(tokenizer.encode(text.get("text").textValue(), true, false))
            .containsExactly(expected.toArray(Integer[]::new));
      }
    }
  }
}
