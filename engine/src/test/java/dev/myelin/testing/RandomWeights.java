package dev.myelin.testing;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.gguf.DataSource;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Ggml;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/** Draws normally distributed values and quantizes them by ggml, or draws {@link GridBlocks}. */
public final class RandomWeights {
  /**
   * Length of a repeated pattern: a multiple of every block size, but not of common row lengths.
   */
  private static final int PATTERN_LENGTH = 256 * 3907;

  private record PatternKey(GgmlType type, Distribution values) {}

  private final long seed;
  private final boolean exact;
  private final Map<PatternKey, MemorySegment> patterns = new ConcurrentHashMap<>();

  /** A normal distribution. */
  public record Distribution(float mean, float deviation) {}

  private RandomWeights(long seed, boolean exact) {
    Ggml.require();
    this.seed = seed;
    this.exact = exact;
  }

  /** Every value is drawn. */
  static RandomWeights exact(long seed) {
    return new RandomWeights(seed, true);
  }

  /** About a million values are drawn and repeated, which is as fast as the disk. */
  static RandomWeights repeating(long seed) {
    return new RandomWeights(seed, false);
  }

  DataSource tensor(String name, GgmlType type, Distribution values, long... dims) {
    long elements = 1;
    for (long d : dims) {
      elements *= d;
    }
    long count = elements;
    if (exact || count <= PATTERN_LENGTH) {
      return sink -> sink.write(draw(seed ^ name.hashCode(), type, values, dims[0], (int) count));
    }
    return sink -> {
      MemorySegment pattern = pattern(type, values);
      long left = type.bytes(count);
      while (left > 0) {
        long piece = Math.min(left, pattern.byteSize());
        sink.write(pattern.asSlice(0, piece));
        left -= piece;
      }
    };
  }

  private MemorySegment pattern(GgmlType type, Distribution values) {
    return patterns.computeIfAbsent(
        new PatternKey(type, values),
        k -> draw(seed, type, values, PATTERN_LENGTH, PATTERN_LENGTH));
  }

  private static MemorySegment draw(
      long seed, GgmlType type, Distribution values, long rowLength, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    if (type.isGrid() && values.mean == 0) {
      return GridBlocks.draw(random, type, values.deviation, count);
    }
    float[] drawn = new float[count];
    for (int i = 0; i < count; i++) {
      drawn[i] = (float) random.nextGaussian(values.mean, values.deviation);
    }
    return quantize(type, drawn, rowLength);
  }

  /** A uniform importance matrix, which ggml requires for some types of less than three bits. */
  private static MemorySegment importance(Arena arena, GgmlType type, long rowLength) {
    if (!Ggml_h.ggml_quantize_requires_imatrix(type.id())) {
      return MemorySegment.NULL;
    }
    float[] equal = new float[(int) rowLength];
    Arrays.fill(equal, 1);
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, equal);
  }

  /** Quantises values by ggml. */
  public static MemorySegment quantize(GgmlType type, float[] values, long rowLength) {
    Ggml.require();
    Arena arena = Arena.ofAuto();
    MemorySegment floats = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
    if (type == GgmlType.F32) {
      return floats;
    }
    MemorySegment out = arena.allocate(type.bytes(values.length), 64);
    switch (type) {
      case F16 -> Ggml_h.ggml_fp32_to_fp16_row(floats, out, values.length);
      case BF16 -> Ggml_h.ggml_fp32_to_bf16_row(floats, out, values.length);
      default ->
          Ggml_h.ggml_quantize_chunk(
              type.id(),
              floats,
              out,
              0,
              values.length / rowLength,
              rowLength,
              importance(arena, type, rowLength));
    }
    return out;
  }
}
