package dev.myelin.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.peer.LlamaCpp;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.inspect.Inspection;
import dev.myelin.quantize.Mixes;
import dev.myelin.quantize.ModelTraits;
import dev.myelin.quantize.QuantizePlan;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares the planned types of tensors with libllama's quantisation. */
class PlannedTypesTest {
  private static final List<String> SHAPES = List.of("grouped", "plain", "tied", "experts", "odd");

  private static final List<String> PARTS =
      List.of("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down");

  @TempDir static Path folder;

  @BeforeAll
  static void writeModels() {
    // just deep enough for the rules on first, middle and last layers: libllama is slow
    Shape deep = new Shape(9, 256, 8, 2, 32, 256, 320, 64);
    Shape odd =
        new Shape(2, 64, 2, 2, 32, 288, 320, 64); // row lengths that are not multiples of 256
    RandomModel grouped = RandomModel.small("llama").withShape(deep);
    RandomModel flat = grouped.withShape(deep.withLayers(1));
    grouped.write(file("grouped"));
    grouped.withShape(deep.withHeads(8, 8, 32).withLayers(5)).write(file("plain"));
    flat.with(Feature.TIED).write(file("tied"));
    flat.with(Feature.EXPERTS).write(file("experts"));
    RandomModel.small("qwen2").withShape(odd).write(file("odd"));
  }

  private static Path file(String name) {
    return folder.resolve(name + ".gguf");
  }

  /** Mixes that need no importance matrix, with their value in {@code enum llama_ftype}. */
  @ParameterizedTest
  @CsvSource({
    "F16, 1",
    "Q4_0, 2",
    "Q4_1, 3",
    "Q8_0, 7",
    "Q5_0, 8",
    "Q5_1, 9",
    "Q2_K, 10",
    "Q3_K_S, 11",
    "Q3_K_M, 12",
    "Q3_K_L, 13",
    "Q4_K_S, 14",
    "Q4_K_M, 15",
    "Q5_K_S, 16",
    "Q5_K_M, 17",
    "Q6_K, 18",
    "IQ4_NL, 25",
    "IQ3_S, 26",
    "IQ3_M, 27",
    "IQ4_XS, 30",
    "BF16, 32",
    "MXFP4_MOE, 38"
  })
  void typesMatchLlamaQuantize(String mix, int fileType) {
    assumeTrue(LlamaCpp.isAvailable(), "skipped: no libllama beside the ggml in use");
    for (String shape : SHAPES) {
      Path quantised = folder.resolve(shape + "-" + mix + ".gguf");
      LlamaCpp.quantize(file(shape), quantised, fileType, 2);
      assertThat(planned(shape, mix)).as(shape).isEqualTo(types(quantised));
    }
  }

  private static Map<String, GgmlType> types(Path file) {
    try (GgufFile opened = GgufFile.open(file)) {
      return opened.tensors().stream()
          .sorted(Comparator.comparing(TensorInfo::name))
          .collect(
              Collectors.toMap(
                  TensorInfo::name, TensorInfo::type, (a, b) -> a, LinkedHashMap::new));
    }
  }

  private static Map<String, GgmlType> planned(String shape, String mix) {
    PlannedModel subject = PlannedModel.of(Inspection.of(file(shape)));
    return types(subject.traits(), subject.tensors(), mix);
  }

  private static Map<String, GgmlType> types(
      ModelTraits facts, List<TensorInfo> tensors, String mix) {
    Map<String, GgmlType> types = new LinkedHashMap<>();
    QuantizePlan.of(facts, tensors, Mixes.named(mix).orElseThrow()).tensors().stream()
        .sorted(Comparator.comparing(t -> t.source().name()))
        .forEach(t -> types.put(t.source().name(), t.type()));
    return types;
  }

  /** The planned type of one tensor, in a model with the usual tensors of each layer. */
  private static GgmlType type(String mix, int layers, int sharing, int experts, String name) {
    Set<String> names = new LinkedHashSet<>(List.of("output.weight", "token_embd.weight", name));
    for (int i = 0; i < layers; i++) {
      for (String part : PARTS) {
        names.add("blk." + i + "." + part + ".weight");
      }
    }
    List<TensorInfo> tensors =
        names.stream()
            .map(n -> new TensorInfo(n, GgmlType.F32, List.of(256L, 512L), 0, 0, 524_288))
            .toList();
    ModelTraits facts =
        ModelTraits.of("llama", OptionalInt.of(layers), 8 * sharing, 8, experts, tensors);
    return types(facts, tensors, mix).get(name);
  }

  /** Mixes that need an importance matrix, and models too large for a test. */
  @ParameterizedTest
  @CsvSource({
    "IQ1_S,   32, 4, 0, output.weight,            Q5_K",
    "IQ1_S,   32, 4, 0, token_embd.weight,        Q2_K",
    "IQ1_S,   32, 4, 0, blk.3.attn_v.weight,      Q4_K",
    "IQ1_S,   32, 1, 0, blk.3.attn_v.weight,      Q2_K",
    "IQ1_S,   32, 1, 0, blk.3.attn_output.weight, IQ2_XXS",
    "IQ1_M,   32, 4, 0, blk.3.ffn_down.weight,    Q2_K",
    "IQ1_M,   32, 4, 0, blk.4.ffn_down.weight,    IQ1_M",
    "IQ2_XXS, 32, 4, 8, blk.4.attn_k.weight,      Q4_K",
    "IQ2_XXS, 32, 4, 8, blk.4.attn_output.weight, Q5_K",
    "IQ2_M,   32, 4, 0, blk.4.attn_output.weight, IQ3_S",
    "IQ2_M,   32, 4, 0, token_embd.weight,        IQ3_S",
    "IQ2_M,   32, 4, 0, blk.4.attn_q.weight,      IQ2_S",
    "IQ3_XXS, 32, 4, 0, blk.9.attn_q.weight,      IQ2_S",
    "IQ3_XXS, 32, 4, 0, blk.9.ffn_down.weight,    Q3_K",
    "IQ3_XS,  32, 4, 0, blk.9.ffn_up.weight,      IQ3_XXS",
    "IQ3_XS,  32, 4, 0, blk.1.ffn_up.weight,      IQ3_S",
    "Q3_K_M,  32, 4, 0, blk.1.ffn_down.weight,    Q5_K",
    "Q3_K_M,  32, 4, 0, blk.2.ffn_down.weight,    Q4_K",
    "Q2_K_S,  32, 4, 0, blk.1.ffn_down.weight,    Q4_K",
    "Q4_K_S,  80, 8, 0, blk.50.attn_v.weight,     Q5_K",
    "Q4_K_S,  80, 1, 0, blk.50.attn_v.weight,     Q4_K",
    "Q4_K_M,  32, 4, 8, blk.9.attn_v.weight,      Q8_0",
    "Q4_K_M,  32, 4, 8, blk.9.attn_output.weight, Q5_K",
  })
  void followsMixRules(
      String mix, int layers, int sharing, int experts, String name, GgmlType expected) {
    assertThat(type(mix, layers, sharing, experts, name)).isEqualTo(expected);
  }

  @Test
  void keepsTypeOfUnquantisedTensors() {
    for (String name :
        List.of("blk.0.ffn_gate_inp.weight", "position_embd.weight", "blk.0.attn_q.bias", "x")) {
      assertThat(type("Q4_0", 4, 1, 0, name)).as(name).isEqualTo(GgmlType.F32);
    }
  }
}
