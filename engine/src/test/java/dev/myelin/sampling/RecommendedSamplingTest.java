package dev.myelin.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValueType;
import dev.myelin.gguf.GgufWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The keys {@code general.sampling.*} of a file. */
class RecommendedSamplingTest {
  private static final String PREFIX = "general.sampling.";

  private static RecommendedSampling of(UnaryOperator<GgufWriter> change) {
    try (GgufFile file =
        GgufFile.of(Path.of("small.gguf"), change.apply(new GgufWriter().put("x", 1)).toBytes())) {
      return RecommendedSampling.of(file.metadata());
    }
  }

  private static RecommendedSampling of(String key, Object value) {
    return of(
        w ->
            value instanceof Integer i
                ? w.put(PREFIX + key, GgufValueType.I32, i)
                : w.put(PREFIX + key, value));
  }

  @Test
  void fileWithoutKeysKeepsDefaults() {
    RecommendedSampling none = of(w -> w);
    assertThat(none.options()).isEqualTo(SamplingOptions.defaults());
    assertThat(none.values()).isEmpty();
    assertThat(none.notes()).isEmpty();
  }

  @Test
  void everyKeyReplacesItsDefault() {
    RecommendedSampling all =
        of(
            w ->
                w.put(PREFIX + "temp", 0.6f)
                    .put(PREFIX + "top_k", GgufValueType.I32, 20)
                    .put(PREFIX + "top_p", 0.9f)
                    .put(PREFIX + "min_p", 0.01f)
                    .put(PREFIX + "penalty_repeat", 1.1f)
                    .put(PREFIX + "penalty_last_n", GgufValueType.I32, -1));
    assertThat(all.options())
        .isEqualTo(
            SamplingOptions.defaults()
                .withTemperature(0.6f)
                .withTopK(20)
                .withTopP(0.9f)
                .withMinP(0.01f)
                .withRepeatPenalty(1.1f)
                .withRepeatLastN(-1));
    assertThat(all.values())
        .containsExactly(
            "temperature = 0.6",
            "top-k = 20",
            "top-p = 0.9",
            "min-p = 0.01",
            "repeat-penalty = 1.1",
            "repeat-last-n = -1");
    assertThat(all.notes()).isEmpty();
  }

  @Test
  void acceptsNegativeTopKAndIntegerTemperature() {
    assertThat(of("top_k", -1).options().topK()).isZero();
    assertThat(of("temp", 1).options().temperature()).isEqualTo(1f);
  }

  @Test
  void sequenceDisablesOmittedStages() {
    RecommendedSampling greedy =
        of(
            w ->
                w.put(PREFIX + "sequence", "penalties;dry;top_k;xtc;temperature")
                    .put(PREFIX + "top_p", 0.5f));
    assertThat(greedy.options()).isEqualTo(SamplingOptions.defaults().withTopP(1).withMinP(0));
    assertThat(greedy.values()).contains("without top_n_sigma, typ_p, top_p, min_p");
    assertThat(greedy.notes()).isEmpty();
    assertThat(of("sequence", "temperature;infill;top_k").notes())
        .containsExactly(
            "key general.sampling.sequence = \"temperature;infill;top_k\": the stage \"infill\""
                + " is not known here and is left out",
            "key general.sampling.sequence = \"temperature;infill;top_k\": its stages run as"
                + " top_k;temperature");
    assertThat(of("sequence", "a;top_k;b;a").notes())
        .containsExactly(
            "key general.sampling.sequence = \"a;top_k;b;a\": the stages \"a\", \"b\", \"a\""
                + " are not known here and are left out");
  }

  @Test
  void notesUnsupportedSamplers() {
    assertThat(of("mirostat", 2).notes())
        .containsExactly("key general.sampling.mirostat = i32 2: not supported, and not used");
    assertThat(of("xtc_probability", 0.5f).notes()).hasSize(1);
    assertThat(of("mirostat", 0).notes()).isEmpty();
  }

  static Stream<Arguments> invalidValues() {
    return Stream.of(
        Arguments.of("temp", -1f, "0 or more"),
        Arguments.of("temp", Float.NaN, "0 or more"),
        Arguments.of("temp", Float.POSITIVE_INFINITY, "0 or more"),
        Arguments.of("temp", "warm", "0 or more"),
        Arguments.of("temp", true, "0 or more"),
        Arguments.of("temp", new float[] {1}, "0 or more"),
        Arguments.of("top_k", 2.5f, "an integer"),
        Arguments.of("top_p", 1.5f, "0 to 1"),
        Arguments.of("top_p", -0.1f, "0 to 1"),
        Arguments.of("min_p", 2, "0 to 1"),
        Arguments.of("penalty_repeat", 0f, "above 0"),
        Arguments.of("penalty_last_n", -2, "-1 (all) to"),
        Arguments.of("penalty_last_n", 1 << 30, "-1 (all) to"),
        Arguments.of("sequence", 3, "string"),
        Arguments.of("sequence", ";".repeat(1001), "at most 1000 characters"),
        Arguments.of("mirostat", "yes", "a number"));
  }

  @ParameterizedTest
  @MethodSource("invalidValues")
  void rejectsInvalidValueNamingKey(String key, Object value, String expected) {
    assertThatThrownBy(() -> of(key, value))
        .isInstanceOf(ModelFileException.class)
        .message()
        .startsWith("small.gguf: key general.sampling." + key + " = ")
        .contains(expected)
        .doesNotContain("\n");
  }

  @Test
  void neverSamplesSuppressedTokens() {
    float[] logits = {1, 5, 2, 4};
    Sampler greedy =
        new Sampler(SamplingOptions.greedy(), 4, SuppressedTokens.of(new int[] {1, 3}));
    assertThat(greedy.sample(MemorySegment.ofArray(logits))).isEqualTo(2);
    Sampler drawing =
        new Sampler(
            SamplingOptions.defaults().withTemperature(9).withTopK(0).withMinP(0).withSeed(1),
            4,
            SuppressedTokens.of(new int[] {1, 3}));
    for (int i = 0; i < 100; i++) {
      assertThat(drawing.sample(MemorySegment.ofArray(logits))).isIn(0, 2);
    }
    assertThat(logits).containsExactly(1, 5, 2, 4);
  }
}
