package dev.myelin.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.testing.RandomWeights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/** Compares matmuls on a {@link CudaDevice} with the CPU's. */
final class CudaMatmulComparison {
  /** A multiple of 256, the block size of q4_K and q6_K. */
  static final int K = 768;

  /** Not a multiple of the tile size or of the rows of a warp. */
  static final int N = 43;

  /**
   * Bound relative to sqrt(K): both round activations to int8, in different blocks. The standard
   * deviation is 2e-3 for weights and activations uniform in [-1, 1].
   */
  private static final double BOUND = 1.2e-2;

  private CudaMatmulComparison() {}

  /** Multiplies weights of every type with one, several and many positions. */
  static void run(CudaDevice device) {
    assertThat(device.types()).contains(GgmlType.F16, GgmlType.Q8_0);
    for (GgmlType type : device.types()) {
      MemorySegment weights = weights(type);
      CudaMatrix w = device.upload("w", type, K, N, weights);
      for (int m : new int[] {1, 3, 20, 8}) {
        float[] x = random(K * m, m);
        assertClose(matmul(device, w, x), matmulOnCpu(type, weights, x), type, m);
      }
    }
  }

  static MemorySegment weights(GgmlType type) {
    return RandomWeights.quantize(type, random(K * N, type.id()), K);
  }

  /** Computes y for x; the length of x gives the number of positions. */
  static float[] matmul(CudaDevice device, CudaMatrix w, float[] x) {
    long m = x.length / w.k();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment y = arena.allocate(ValueLayout.JAVA_FLOAT, w.n() * m);
      device.matmul(w, arena.allocateFrom(ValueLayout.JAVA_FLOAT, x), m, y);
      return y.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static float[] matmulOnCpu(GgmlType type, MemorySegment weights, float[] x) {
    GraphBuilder g = new GraphBuilder();
    g.output("y", g.matmul(g.input("w", type, K, N), g.input("x", GgmlType.F32, K, x.length / K)));
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(1)) {
      graph.input("w").copyFrom(weights);
      graph.input("x").copyFrom(MemorySegment.ofArray(x));
      assertThat(backend.compute(graph)).isTrue();
      return graph.output("y").toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  static float[] random(int n, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }

  private static void assertClose(float[] actual, float[] expected, GgmlType type, int m) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i]))
          .as("%s, %d positions, value %d", type, m, i)
          .isLessThan((float) (BOUND * Math.sqrt(K)));
    }
  }
}
