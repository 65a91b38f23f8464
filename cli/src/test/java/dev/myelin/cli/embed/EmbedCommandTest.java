package dev.myelin.cli.embed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.cli.Outcome;
import dev.myelin.embed.EmbedOptions;
import dev.myelin.embed.Embedder;
import dev.myelin.embed.Pooling;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.TextEncoders;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code myelin embed}: JSON, floats, and what it refuses. */
class EmbedCommandTest {
  private static final int WIDTH = 128;

  @TempDir static Path folder;
  private static Path encoder;
  private static Path ranker;

  @BeforeAll
  static void write() {
    encoder =
        TextEncoders.bert(
            TextEncoders.sample("bert", "biases").with("pooling_type", 1),
            folder.resolve("bert.gguf"));
    ranker =
        TextEncoders.bert(
            TextEncoders.sample("bert", "classifier").with("pooling_type", 4),
            folder.resolve("rank.gguf"));
  }

  private static JsonNode json(Object... args) throws Exception {
    Outcome outcome = Outcome.of("embed", args);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.out()).endsWith("}\n");
    return new ObjectMapper().readTree(outcome.bytes());
  }

  private static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).floatValue();
    }
    return values;
  }

  private static float[] floats(byte[] bytes) {
    float[] values = new float[bytes.length / Float.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private static List<float[]> expected(List<String> texts) {
    try (Embedder embedder = Embedder.open(encoder)) {
      return embedder.embed(texts);
    }
  }

  @Test
  void printsTheResponseOfOpenAi() throws Exception {
    Path file = Files.writeString(folder.resolve("texts.txt"), "a cat\n\nthe \"dog\"\r\n");
    JsonNode root = json("-m", encoder, "-f", file);
    assertThat(root.get("object").asText()).isEqualTo("list");
    assertThat(root.get("model").asText()).isEqualTo("random biases");
    assertThat(root.get("data")).hasSize(3);
    List<float[]> vectors = expected(List.of("a cat", "", "the \"dog\""));
    int tokens = 0;
    for (int i = 0; i < 3; i++) {
      JsonNode data = root.get("data").get(i);
      assertThat(data.get("object").asText()).isEqualTo("embedding");
      assertThat(data.get("index").asInt()).isEqualTo(i);
      assertThat(floats(data.get("embedding"))).isEqualTo(vectors.get(i));
    }
    assertThat(root.get("usage").get("prompt_tokens").asInt()).isGreaterThan(9);
    assertThat(root.get("usage").get("total_tokens"))
        .isEqualTo(root.get("usage").get("prompt_tokens"));
    assertThat(Outcome.of("embed", "-m", encoder, "-p", "a cat").err())
        .isEqualTo("1 vector of 128 values, pooling mean, 6 tokens\n");
  }

  @Test
  void linesHaveTheVectorsOfEachTextAlone() throws Exception {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      lines.add("word ".repeat(i * 7 % 13) + i);
    }
    Path file = Files.writeString(folder.resolve("many.txt"), String.join("\n", lines));
    float[] all = floats(Outcome.of("embed", "-m", encoder, "-f", file, "-o", "-").bytes());
    assertThat(all).hasSize(lines.size() * WIDTH);
    try (Embedder embedder = Embedder.open(encoder)) {
      for (int i = 0; i < lines.size(); i++) {
        assertThat(Arrays.copyOfRange(all, i * WIDTH, (i + 1) * WIDTH))
            .as(lines.get(i))
            .isEqualTo(embedder.embed(lines.get(i)));
      }
    }
    float[] each =
        floats(
            Outcome.of("embed", "-m", encoder, "-f", file, "-b", 70, "-o", "-", "-c", 64).bytes());
    assertThat(each).isEqualTo(all);
  }

  @Test
  void writesFloats() throws Exception {
    Path out = folder.resolve("out.f32");
    Outcome outcome = Outcome.of("embed", "-m", encoder, "-p", "cat", "-o", out);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.bytes()).isEmpty();
    byte[] written = Files.readAllBytes(out);
    assertThat(floats(written)).isEqualTo(expected(List.of("cat")).getFirst());
    assertThat(Outcome.of("embed", "-m", encoder, "-p", "cat", "-o", "-").bytes())
        .isEqualTo(written);
    fails(2, "bert.gguf", "-m", encoder, "-p", "cat", "-o", encoder);
  }

  @Test
  void embedsTokens() {
    int[] ids = {1, 30, 31, 2};
    Object[] words = {"-m", encoder, "--tokens", "1,30,31,2", "-o", "-", "--cache-type", "f16"};
    float[] mean = floats(Outcome.of("embed", words).bytes());
    float[] each =
        floats(
            Outcome.of(
                    "embed", "-m", encoder, "--tokens", "1,30,31,2", "--pooling", "none", "-o", "-")
                .bytes());
    try (Embedder embedder = Embedder.open(encoder)) {
      assertThat(mean).isEqualTo(embedder.embed(ids));
    }
    assertThat(each).hasSize(ids.length * WIDTH);
  }

  @Test
  void doesNotNormalizeIfAskedNotTo() throws Exception {
    JsonNode root = json("-m", encoder, "-p", "cat", "--no-normalize", "--pooling", "cls");
    EmbedOptions options = EmbedOptions.defaults().withNormalize(false);
    try (Embedder embedder = Embedder.open(encoder, options.withPooling(Pooling.CLS))) {
      assertThat(floats(root.get("data").get(0).get("embedding"))).isEqualTo(embedder.embed("cat"));
    }
  }

  @Test
  void takesTheInputsOfALayer() throws Exception {
    JsonNode root = json("-m", encoder, "-p", "cat", "--layer", 1);
    try (Embedder embedder = Embedder.open(encoder, EmbedOptions.defaults().withLayer(1));
        Embedder whole = Embedder.open(encoder)) {
      float[] vector = floats(root.get("data").get(0).get("embedding"));
      assertThat(vector).isEqualTo(embedder.embed("cat")).isNotEqualTo(whole.embed("cat"));
    }
  }

  @Test
  void scoresPairsSeparatedByATab() throws Exception {
    Path file = Files.writeString(folder.resolve("pairs.txt"), "q\tyes\nq\tno\n");
    JsonNode data = json("-m", ranker, "-f", file).get("data");
    try (Embedder embedder = Embedder.open(ranker)) {
      for (int i = 0; i < 2; i++) {
        float[] scores = floats(data.get(i).get("embedding"));
        assertThat(scores).hasSize(3);
        assertThat(scores[0]).isEqualTo(embedder.score("q", i == 0 ? "yes" : "no"));
      }
    }
  }

  @Test
  void refusesOtherUses() throws Exception {
    fails(2, "expected one of --tokens 1,2,3, -p TEXT and -f FILE", "-m", encoder);
    fails(2, "expected one of", "-m", encoder, "-p", "a", "--tokens", "1");
    fails(
        2,
        "pooling max: known are none, mean, cls, last, rank",
        "-m",
        encoder,
        "-p",
        "a",
        "--pooling",
        "max");
    fails(1, "no classification head", "-m", encoder, "-p", "a", "--pooling", "rank");
    fails(1, "layer 99: expected 0 to ", "-m", encoder, "-p", "a", "--layer", 99);
    fails(1, "layer 1: pooling rank", "-m", ranker, "-p", "a\tb", "--layer", 1);
    fails(2, "--layer", "-m", encoder, "-p", "a", "--layer", "x");
    fails(1, "token id 320", "-m", encoder, "--tokens", "320");
    fails(1, "bert.gguf", "-m", folder.resolve("no/bert.gguf"), "-p", "a");
    fails(
        1,
        "the text has 8 tokens, which do not fit into a context of 5",
        "-m",
        encoder,
        "-c",
        5,
        "-p",
        "abcdef");
    fails(
        1,
        "the text has 8 tokens: this model needs all of them in one batch, which is 4",
        "-m",
        encoder,
        "-b",
        4,
        "-p",
        "abcdef");
    Path file = Files.writeString(folder.resolve("long.txt"), "a\nabcdef\n");
    fails(1, "long.txt, line 2: the text has 8 tokens", "-m", encoder, "-c", 5, "-f", file);
    Path t5 = TextEncoders.t5(TextEncoders.sample("t5", "relu"), folder.resolve("no.gguf"));
    fails(1, "architecture t5 computes no hidden states, only logits", "-m", t5, "-p", "a");
  }

  private static void fails(int status, String message, Object... args) {
    Outcome outcome = Outcome.of("embed", args);
    assertThat(outcome.err()).contains(message);
    assertThat(outcome.status()).isEqualTo(status);
    assertThat(outcome.out()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "chat", "logits", "score", "perplexity"})
  void generativeCommandsNameWhatAnEncoderComputes(String command) throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "some words ".repeat(40));
    List<Object> more =
        switch (command) {
          case "run" -> List.of("-p", "a");
          case "logits" -> List.of("--tokens", "1,2");
          case "score" -> List.of("-p", "a", "--labels", "b,c");
          case "perplexity" -> List.of("-f", text, "-c", 64);
          default -> List.of();
        };
    Object[] args = new Object[more.size() + 2];
    args[0] = "-m";
    args[1] = encoder;
    for (int i = 0; i < more.size(); i++) {
      args[i + 2] = more.get(i);
    }
    Outcome outcome = Outcome.of(command, args);
    assertThat(outcome.err()).contains("architecture bert computes no logits, only hidden states");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
  }

  @Test
  void decodersGiveOneVectorPerToken() throws Exception {
    Path llama = RandomModel.small("llama").write(folder.resolve("llama.gguf"));
    assertThat(json("-m", llama, "--tokens", "1,2,3").get("data")).hasSize(3);
    assertThat(json("-m", llama, "--tokens", "1,2,3", "--pooling", "last").get("data")).hasSize(1);
  }
}
