package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
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

/** Several matrices multiplied with the same rows as one operation: the same bits as each alone. */
class MatricesTogetherTest {
  private static final int K = 512;

  /** No multiples of what kernels multiply together. */
  private static final int[] ROWS = {70, 33, 1, 96};

  @BeforeEach
  void requireKernels() {
    Ggml.require();
    assumeFalse(
        KernelsLibrary.kernels().isEmpty(), "skipped: this machine has no kernels of Myelin's");
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
  void asEachAlone(List<GgmlType> types) {
    for (int m : new int[] {1, 3, 20, 70}) {
      List<float[]> alone = compute(types, m, 1, false);
      for (int threads = 1; threads <= 3; threads++) {
        List<float[]> together = compute(types, m, threads, true);
        for (int i = 0; i < types.size(); i++) {
          assertThat(together.get(i)).as(types.get(i) + ", " + m).isEqualTo(alone.get(i));
        }
      }
    }
  }

  @Test
  void refusesTooManyAndOtherFormats() {
    GraphBuilder g = new GraphBuilder(16);
    Tensor x = g.input("x", GgmlType.F32, K, 2);
    Tensor a = g.input("a", GgmlType.Q4_0, K, 3);
    Tensor b = g.input("b", GgmlType.Q4_K, K, 3);
    for (List<Tensor> weights : List.of(List.of(a, b), List.of(a, a, a, a, a))) {
      assertThat(OwnKernels.together(weights, x)).isFalse();
      assertThatThrownBy(() -> g.matmulOwn(weights, x))
          .isInstanceOf(MyelinException.class)
          .hasMessageContaining("matmulOwn");
    }
    assertThat(OwnKernels.together(List.of(a, a, a, a), x)).isTrue();
    assertThat(OwnKernels.together(List.of(), x)).isFalse();
    g.discard();
  }

  private static List<float[]> compute(List<GgmlType> types, int m, int threads, boolean together) {
    GraphBuilder g = new GraphBuilder(32);
    Tensor x = g.input("x", GgmlType.F32, K, m);
    List<Tensor> weights = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      weights.add(g.input("w" + i, types.get(i), K, ROWS[i]));
    }
    List<Tensor> products =
        together ? g.matmulOwn(weights, x) : weights.stream().map(w -> g.matmulOwn(w, x)).toList();
    for (int i = 0; i < products.size(); i++) {
      g.output("y" + i, g.contiguous(products.get(i)));
    }
    try (Graph graph = g.finish();
        Backend backend = Backend.cpu(threads)) {
      graph.input("x").copyFrom(MemorySegment.ofArray(random(K * m, 1)));
      for (int i = 0; i < types.size(); i++) {
        float[] values = random(K * ROWS[i], 2 + i);
        graph.input("w" + i).copyFrom(RandomWeights.encode(types.get(i), values, K));
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
