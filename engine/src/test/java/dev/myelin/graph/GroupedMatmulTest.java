package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.Isa;
import dev.myelin.testing.RandomWeights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A grouped matmul gives the same bits as a separate matmul for each weight. */
class GroupedMatmulTest {
  private static final int K = 512;

  /** Not multiples of the kernels' tile sizes. */
  private static final int[] ROWS = {70, 33, 1, 96};

  @BeforeEach
  void requireKernels() {
    Ggml.require();
    assumeFalse(Isa.kernels().isEmpty(), "skipped: no native kernels for this machine");
  }

  static List<List<GgmlType>> cases() {
    return List.of(
        List.of(GgmlType.Q4_K),
        List.of(GgmlType.Q4_0, GgmlType.Q8_0),
        List.of(GgmlType.Q4_K, GgmlType.Q6_K, GgmlType.Q2_K),
        List.of(GgmlType.F16, GgmlType.F32, GgmlType.BF16, GgmlType.F16));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void matchesSeparateMatmulsBitForBit(List<GgmlType> types) {
    for (int m : new int[] {1, 3, 20, 70}) {
      List<float[]> separate = compute(types, m, 1, false);
      for (int threads = 1; threads <= 3; threads++) {
        List<float[]> grouped = compute(types, m, threads, true);
        for (int i = 0; i < types.size(); i++) {
          assertThat(grouped.get(i)).as(types.get(i) + ", " + m).isEqualTo(separate.get(i));
        }
      }
    }
  }

  @Test
  void rejectsTooManyWeightsAndMixedFormats() {
    GraphBuilder g = new GraphBuilder();
    Tensor x = g.input("x", GgmlType.F32, K, 2);
    Tensor a = g.input("a", GgmlType.Q4_0, K, 3);
    Tensor b = g.input("b", GgmlType.Q4_K, K, 3);
    for (List<Tensor> weights : List.of(List.of(a, b), List.of(a, a, a, a, a))) {
      assertThat(NativeKernels.supportsGroupedMatmul(weights, x)).isFalse();
      assertThatThrownBy(() -> g.groupedMatmul(weights, x))
          .isInstanceOf(MyelinException.class)
          .hasMessageContaining("groupedMatmul");
    }
    assertThat(NativeKernels.supportsGroupedMatmul(List.of(a, a, a, a), x)).isTrue();
    assertThat(NativeKernels.supportsGroupedMatmul(List.of(), x)).isFalse();
    g.discard();
  }

  private static List<float[]> compute(List<GgmlType> types, int m, int threads, boolean grouped) {
    GraphBuilder g = new GraphBuilder();
    Tensor x = g.input("x", GgmlType.F32, K, m);
    List<Tensor> weights = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      weights.add(g.input("w" + i, types.get(i), K, ROWS[i]));
    }
    List<Tensor> outputs =
        grouped
            ? g.groupedMatmul(weights, x)
            : weights.stream().map(w -> g.matmulNative(w, x)).toList();
    for (int i = 0; i < outputs.size(); i++) {
      g.output("y" + i, g.contiguous(outputs.get(i)));
    }
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(threads)) {
      graph.input("x").copyFrom(MemorySegment.ofArray(random(K * m, 1)));
      for (int i = 0; i < types.size(); i++) {
        float[] values = random(K * ROWS[i], 2 + i);
        graph.input("w" + i).copyFrom(RandomWeights.quantize(types.get(i), values, K));
      }
      assertThat(backend.compute(graph)).isTrue();
      List<float[]> results = new ArrayList<>();
      for (int i = 0; i < types.size(); i++) {
        results.add(graph.output("y" + i).toArray(ValueLayout.JAVA_FLOAT));
      }
      return results;
    }
  }

  private static float[] random(int n, long seed) {
    Random random = new Random(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return values;
  }
}
