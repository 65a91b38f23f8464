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
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Matmuls of f32, f16 and bf16 weights by native kernels, as nodes of a graph. */
class FloatMatmulTest {
  /** Not a multiple of a vector or tile size. */
  private static final int K = 1037;

  private static final int N = 43;
  private static final int EXPERTS = 5;
  private static final int USED = 2;

  /**
   * Bound relative to sqrt(K): ggml rounds activations to the type of the weights, BF16 to 8 bits.
   */
  private static final double BOUND = 5e-3;

  /** Builds the operation from W, X and the expert ids. */
  private interface Operation {
    Tensor apply(GraphBuilder g, Tensor w, Tensor x, Tensor ids);
  }

  @BeforeEach
  void requireKernels() {
    Ggml.require();
    assumeFalse(Isa.kernels().isEmpty(), "skipped: no native kernels for this machine");
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void matchesGgml(GgmlType type) {
    for (int m : new int[] {1, 3, 20}) {
      float[] actual =
          compute(type, m, (g, w, x, ids) -> g.matmulNative(firstExpert(g, w), flatten(g, x)));
      float[] expected =
          compute(type, m, (g, w, x, ids) -> g.matmul(firstExpert(g, w), flatten(g, x)));
      assertClose(actual, expected);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void expertsMatchSeparateMatmulsBitForBit(GgmlType type) {
    for (int m : new int[] {1, 3, 20}) {
      float[] all = compute(type, m, GraphBuilder::matmulExperts);
      for (int pair = 0; pair < USED * m; pair++) {
        int token = pair / USED;
        int expert = expert(pair);
        float[] separate = compute(type, m, (g, w, x, ids) -> singleRow(g, w, x, expert, token));
        assertThat(separate).isEqualTo(Arrays.copyOfRange(all, pair * N, (pair + 1) * N));
      }
    }
  }

  @Test
  void rejectsUnsupportedOperands() {
    GraphBuilder g = new GraphBuilder();
    Tensor w = g.input("w", GgmlType.F16, 33, 7);
    Tensor shorter = g.input("x", GgmlType.F32, 32, 2);
    Tensor halves = g.input("h", GgmlType.F16, 33, 2);
    Tensor deep = g.input("d", GgmlType.F32, 33, 2, 2);
    for (Tensor x : new Tensor[] {shorter, halves, deep}) {
      assertThat(NativeKernels.supportsMatmul(w, x)).isFalse();
      assertThatThrownBy(() -> g.matmulNative(w, x))
          .isInstanceOf(MyelinException.class)
          .hasMessageContaining("matmulNative");
    }
    assertThat(NativeKernels.supportsMatmul(w, g.input("fits", GgmlType.F32, 33, 2))).isTrue();
    g.discard();
  }

  private static Tensor firstExpert(GraphBuilder g, Tensor w) {
    return g.view2d(w, K, N, w.stride(1), 0);
  }

  private static Tensor flatten(GraphBuilder g, Tensor x) {
    return g.view2d(x, K, x.dim(2), x.stride(2), 0);
  }

  /** The matmul of one expert with one token's row. */
  private static Tensor singleRow(GraphBuilder g, Tensor w, Tensor x, int expert, int token) {
    Tensor matrix = g.view2d(w, K, N, w.stride(1), expert * w.stride(2));
    return g.matmulNative(matrix, g.view2d(x, K, 1, x.stride(2), token * x.stride(2)));
  }

  private static int expert(int pair) {
    return pair * 7 % EXPERTS;
  }

  private static float[] compute(GgmlType type, int m, Operation operation) {
    GraphBuilder g = new GraphBuilder();
    Tensor w = g.input("w", type, K, N, EXPERTS);
    Tensor x = g.input("x", GgmlType.F32, K, 1, m);
    Tensor ids = g.input("ids", GgmlType.I32, USED, m);
    g.expand(g.contiguous(ids));
    g.output("y", operation.apply(g, w, x, ids));
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(2)) {
      MemorySegment weights = RandomWeights.quantize(type, random(K * N * EXPERTS), K);
      graph.input("w").copyFrom(weights);
      graph.input("x").copyFrom(MemorySegment.ofArray(random(K * m)));
      for (int pair = 0; pair < USED * m; pair++) {
        graph.input("ids").setAtIndex(ValueLayout.JAVA_INT, pair, expert(pair));
      }
      assertThat(backend.compute(graph)).isTrue();
      return graph.output("y").toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static float[] random(int n) {
    Random random = new Random(n);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return values;
  }

  private static void assertClose(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i])).isLessThan((float) (BOUND * Math.sqrt(K)));
    }
  }
}
