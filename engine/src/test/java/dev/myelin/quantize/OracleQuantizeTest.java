package dev.myelin.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.ModelDescription;
import dev.myelin.testing.RandomSample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@link QuantizeComparison} of every architecture, and of every type and every mix but those of
 * {@link OracleGridTypesTest}.
 */
class OracleQuantizeTest {
  @TempDir static Path folder;

  private static QuantizeComparison comparison;

  @BeforeAll
  static void prepare() {
    comparison = new QuantizeComparison(folder);
  }

  static Stream<GgmlType> types() {
    return TargetTypes.all().stream().filter(t -> !t.isGrid());
  }

  @ParameterizedTest
  @MethodSource("types")
  void pureTypesMatchLlamaCpp(GgmlType type) throws IOException {
    comparison.comparePure(type);
  }

  static Stream<String> architectures() {
    return Stream.of("dense", "grouped, tied, f16", "experts, bf16", "qwen2", "qwen3", "gpt2");
  }

  @ParameterizedTest
  @MethodSource("architectures")
  void architecturesMatchLlamaCpp(String name) throws IOException {
    Path model = comparison.model(name);
    for (String mix : List.of("Q4_0", "Q4_K_M", "MXFP4_MOE", "F16", "BF16", "F32")) {
      QuantizeOptions options = QuantizeOptions.of(Mixes.named(mix).orElseThrow());
      comparison.compare(name, model, options, null);
    }
  }

  /** The first of the samples that have the same tensors: rules depend on nothing else. */
  static Stream<RandomSample> samples() {
    Set<String> seen = new HashSet<>();
    return RandomSample.all().stream().filter(s -> seen.add(s.architecture() + tensors(s)));
  }

  private static String tensors(RandomSample sample) {
    return ModelDescription.of(sample.architecture(), sample.sample()).tensors().stream()
        .map(t -> t.name() + t.shape())
        .collect(Collectors.joining());
  }

  /** The reference implementation's rules for names: which tensors stay as they are. */
  @ParameterizedTest
  @MethodSource("samples")
  void samplesMatchLlamaCpp(RandomSample sample) throws IOException {
    Path model = sample.write(folder.resolve("sample.gguf"));
    for (String mix : List.of("Q8_0", "Q4_K_M")) {
      QuantizeOptions options = QuantizeOptions.of(Mixes.named(mix).orElseThrow());
      comparison.compare(sample.toString(), model, options, null);
    }
  }

  static Stream<Mix> mixes() {
    return Mixes.all().stream()
        .filter(m -> m.fileType() != QuantizeComparison.NVFP4_FILE_TYPE && !m.base().isGrid());
  }

  @ParameterizedTest
  @MethodSource("mixes")
  void mixesMatchLlamaCpp(Mix mix) throws IOException {
    comparison.compareMix(mix);
  }

  @Test
  void optionsMatchLlamaCpp() throws IOException {
    Mix q4km = Mixes.named("Q4_K_M").orElseThrow();
    QuantizeOptions plain = QuantizeOptions.of(q4km);
    for (Path model : comparison.sparseModels()) {
      comparison.compare("leave", model, plain.withLeaveOutput(true), null);
      comparison.compare(
          "ends", model, plain.withOutputAndEmbeddingTypes(GgmlType.Q8_0, GgmlType.Q5_1), null);
      comparison.compare(
          "output", model, plain.withOutputAndEmbeddingTypes(GgmlType.F16, null), null);
      comparison.compare(
          "embedding",
          model,
          plain.withOutputAndEmbeddingTypes(null, GgmlType.F32).withPure(true),
          null);
      List<TypeOverride> overrides =
          Stream.of(
                  "attn_v=q8_0",
                  "blk\\.[0-2]\\.ffn_(up|down)=iq4_nl",
                  "ffn_down=q6_k",
                  "^output\\.weight$=q5_0",
                  "attn_norm=q4_0")
              .map(TypeOverride::of)
              .toList();
      comparison.compare("overrides", model, plain.withOverrides(overrides), null);
      comparison.compare(
          "overrides, pure",
          model,
          plain.withPure(true).withOverrides(overrides),
          QuantizeComparison.importance(model, 3));
      comparison.compare(
          "overrides, f16",
          model,
          QuantizeOptions.of(Mixes.named("F16").orElseThrow()).withOverrides(overrides),
          null);
    }
  }

  @Test
  void requantizingMatchesLlamaCpp() throws IOException {
    Path q8 = folder.resolve("q8.gguf");
    new Quantizer(QuantizeOptions.of(Mixes.named("Q6_K").orElseThrow()))
        .run(comparison.model("experts, bf16"), q8, QuantizeListener.NONE);
    for (String name : List.of("Q4_0", "Q6_K", "Q5_K_M", "F16", "F32", "BF16")) {
      comparison.compare(name, q8, QuantizeOptions.of(Mixes.named(name).orElseThrow()), null);
    }
  }

  @Test
  void mergesSplitFiles() throws IOException {
    Path whole = comparison.model("dense");
    Path first;
    try (GgufFile file = GgufFile.open(whole)) {
      GgufWriter writer = new GgufWriter().putAll(file.metadata());
      for (TensorInfo t : file.tensors()) {
        writer.tensor(
            t.name(),
            t.type(),
            t.shape().stream().mapToLong(Long::longValue).toArray(),
            file.data(t));
      }
      first = writer.writeSplit(folder.resolve("split"), 3).getFirst();
    }
    comparison.compare(
        "split", first, QuantizeOptions.of(Mixes.named("Q4_K_S").orElseThrow()), null);
    Path copied = folder.resolve("copied.gguf");
    new Quantizer(QuantizeOptions.of(Mixes.named("F32").orElseThrow()).withCopy(true))
        .run(folder.resolve("split-00002-of-00003.gguf"), copied, QuantizeListener.NONE);
    try (GgufFile a = GgufFile.open(whole);
        GgufFile b = GgufFile.open(copied)) {
      for (TensorInfo t : a.tensors()) {
        assertThat(b.data(b.tensor(t.name()).orElseThrow()).mismatch(a.data(t))).isEqualTo(-1);
      }
    }
  }
}
