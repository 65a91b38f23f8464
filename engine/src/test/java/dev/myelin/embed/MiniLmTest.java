package dev.myelin.embed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.QuantizeListener;
import dev.myelin.quantize.QuantizeOptions;
import dev.myelin.quantize.Quantizer;
import dev.myelin.testing.SharedData;
import dev.myelin.testing.TestModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The vectors of a published encoder, all-MiniLM-L6-v2, are those of its original by ONNX Runtime.
 */
class MiniLmTest {
  private static final String EXPECTED = "models/expected/all-MiniLM-L6-v2.json";
  private static final String MODEL = "all-MiniLM-L6-v2-f32.gguf";

  @TempDir Path folder;

  @Test
  void vectorsAreThoseOfTheReference() throws IOException {
    compare(TestModels.path(MODEL), 0.9999, 0.9999);
  }

  @Test
  void quantizedVectorsAreClose() throws IOException {
    Path quantized = folder.resolve("q8_0.gguf");
    new Quantizer(QuantizeOptions.of(Mixes.named("Q8_0").orElseThrow()))
        .run(TestModels.path(MODEL), quantized, QuantizeListener.NONE);
    compare(quantized, 0.999, 0.9996);
  }

  @Test
  void textsTogetherHaveTheVectorsOfEachAlone() throws IOException {
    List<String> texts = new ArrayList<>();
    for (JsonNode text : new ObjectMapper().readTree(SharedData.path(EXPECTED).toFile())) {
      texts.add(text.get("text").asText());
    }
    try (Embedder embedder = Embedder.open(TestModels.path(MODEL))) {
      assertThat(embedder.runtime().batchDependence()).isEmpty();
      List<float[]> together = embedder.embed(texts);
      assertThat(embedder.runtime().usage().steps()).isLessThan(texts.size() / 4);
      for (int i = 0; i < texts.size(); i++) {
        assertThat(together.get(i)).as(texts.get(i)).isEqualTo(embedder.embed(texts.get(i)));
      }
    }
  }

  private static void compare(Path model, double least, double mean) throws IOException {
    JsonNode texts = new ObjectMapper().readTree(SharedData.path(EXPECTED).toFile());
    assertThat(texts).hasSizeGreaterThan(10);
    double sum = 0;
    try (Embedder embedder = Embedder.open(model)) {
      for (JsonNode text : texts) {
        String words = text.get("text").asText();
        int[] tokens = embedder.tokens(words);
        assertThat(tokens).as(words).isEqualTo(ints(text.get("tokens")));
        double cosine = cosine(embedder.embed(words), text.get("embedding"));
        assertThat(cosine).as(words).isGreaterThanOrEqualTo(least);
        sum += cosine;
      }
    }
    assertThat(sum / texts.size()).isGreaterThanOrEqualTo(mean);
    System.out.println(model.getFileName() + ": mean cosine " + sum / texts.size());
  }

  private static int[] ints(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.get(i).asInt()).toArray();
  }

  private static double cosine(float[] actual, JsonNode expected) {
    assertThat(actual).hasSize(expected.size());
    double product = 0;
    double a = 0;
    double b = 0;
    for (int i = 0; i < actual.length; i++) {
      double e = expected.get(i).asDouble();
      product += actual[i] * e;
      a += (double) actual[i] * actual[i];
      b += e * e;
    }
    return product / Math.sqrt(a * b);
  }
}
