package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.gguf.GgmlType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The types whose weights are entries of a grid: the native kernels multiply random blocks by unit
 * vectors, and every product is ggml's dequantised weight. There are 64 times as many random
 * indices as the largest grid has entries, so that all entries, signs and scales occur.
 */
class GridTypesTest {
  /** The superblocks of a matrix, one for each of its rows. */
  private static final int ROWS = 4096;

  private static final int K = 256;

  /** The largest quant of activations: quantising a multiple of a unit vector by it is exact. */
  private static final float UNIT = 127;

  @ParameterizedTest
  @EnumSource(names = {"IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S"})
  void weightsAreGgmls(GgmlType type) {
    Ggml.require();
    assumeTrue(
        NativeKernels.supportedTypes().containsKey(type),
        "skipped: no native kernels for this machine");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment blocks = randomBlocks(type, arena);
      MemorySegment weights = arena.allocate((long) ROWS * K * Float.BYTES, 64);
      Dequantizer.of(type).orElseThrow().dequantize(blocks, weights);
      float[] expected = weights.toArray(ValueLayout.JAVA_FLOAT);
      for (int i = 0; i < expected.length; i++) {
        expected[i] *= UNIT;
      }
      // all unit vectors at once, and few at a time
      assertThat(products(type, blocks, 0, K)).isEqualTo(expected);
      for (int first : new int[] {0, 77, K - 1}) {
        float[] single = products(type, blocks, first, 1);
        for (int row = 0; row < ROWS; row++) {
          assertThat(single[row]).isEqualTo(expected[row * K + first]);
        }
      }
    }
  }

  /** Any bytes are a block; its scale, an f16, must be finite. */
  private static MemorySegment randomBlocks(GgmlType type, Arena arena) {
    byte[] bytes = new byte[ROWS * type.blockBytes()];
    new Random(type.id()).nextBytes(bytes);
    for (int block = 0; block < bytes.length; block += type.blockBytes()) {
      // the byte with the exponent; of iq1_m only its high nibble
      int at = block + (type == GgmlType.IQ1_M ? 55 : 1);
      int kept = type == GgmlType.IQ1_M ? 0x8f : 0x83;
      bytes[at] = (byte) (bytes[at] & kept | 0x20);
    }
    return arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
  }

  /** The products with {@code count} unit vectors: [ROWS][count]. */
  private static float[] products(GgmlType type, MemorySegment blocks, int first, int count) {
    GraphBuilder g = new GraphBuilder();
    Tensor w = g.input("w", type, K, ROWS);
    Tensor x = g.input("x", GgmlType.F32, K, count);
    g.output("y", g.matmulNative(w, x));
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(2)) {
      graph.input("w").copyFrom(blocks);
      graph.input("x").fill((byte) 0);
      for (int i = 0; i < count; i++) {
        long at = (long) i * K + first + i;
        graph.input("x").setAtIndex(ValueLayout.JAVA_FLOAT, at, UNIT);
      }
      assertThat(backend.compute(graph)).isTrue();
      float[] y = graph.output("y").toArray(ValueLayout.JAVA_FLOAT);
      float[] byRow = new float[y.length];
      for (int i = 0; i < count; i++) {
        for (int row = 0; row < ROWS; row++) {
          byRow[row * count + i] = y[i * ROWS + row];
        }
      }
      return byRow;
    }
  }
}
