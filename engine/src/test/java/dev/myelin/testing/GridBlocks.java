package dev.myelin.testing;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Dequantizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * Random blocks of {@linkplain GgmlType#isGrid grid types}. Any bytes are a block of these, with
 * one f16 scale, and are drawn without ggml's quantizer: that first builds tables, which takes 20 s
 * of CPU time in each process for all these types.
 */
final class GridBlocks {
  private GridBlocks() {}

  /**
   * Draws blocks whose weights have the given root mean square; the scale of each block differs
   * from the mean scale by up to a quarter.
   *
   * @param count number of weights, whole blocks
   */
  static MemorySegment draw(SplittableRandom random, GgmlType type, float rms, int count) {
    byte[] bytes = new byte[Math.toIntExact(type.bytes(count))];
    random.nextBytes(bytes);
    setScales(type, bytes, () -> 1);
    float scale = rms / rootMeanSquare(type, bytes, count);
    setScales(type, bytes, () -> scale * (float) random.nextDouble(0.75, 1.25));
    return Arena.ofAuto().allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
  }

  /** The scale of a block. */
  private interface Scales {
    float next();
  }

  private static void setScales(GgmlType type, byte[] bytes, Scales scales) {
    for (int at = 0; at < bytes.length; at += type.blockBytes()) {
      int half = Float.floatToFloat16(scales.next());
      if (type == GgmlType.IQ1_M) { // in the high four bits of each of the last four shorts
        for (int i = 0; i < 4; i++) {
          int last = at + 49 + 2 * i;
          bytes[last] = (byte) (bytes[last] & 0x0f | (half >> 4 * i & 0x0f) << 4);
        }
      } else {
        bytes[at] = (byte) half;
        bytes[at + 1] = (byte) (half >> 8);
      }
    }
  }

  private static float rootMeanSquare(GgmlType type, byte[] bytes, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment blocks =
          arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
      MemorySegment weights = arena.allocate((long) count * Float.BYTES, 64);
      Dequantizer.of(type).orElseThrow().dequantize(blocks, weights);
      double sum = 0;
      for (float weight : weights.toArray(ValueLayout.JAVA_FLOAT)) {
        sum += (double) weight * weight;
      }
      return (float) Math.sqrt(sum / count);
    }
  }
}
