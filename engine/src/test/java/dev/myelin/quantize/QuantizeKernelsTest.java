package dev.myelin.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Ggml;
import dev.myelin.natives.Isa;
import dev.myelin.natives.RowKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the native quantize kernels with ggml's: same bytes for values of every distribution and
 * magnitude.
 */
class QuantizeKernelsTest {
  /** An odd number of blocks, so that the last one is processed alone. */
  private static final int COUNT = 256 * 61;

  /** How values are drawn; the second argument is the index. */
  private enum Distribution {
    NORMAL((r, i) -> r.nextGaussian(0, 0.02)),
    LARGE((r, i) -> r.nextGaussian(0, 3e4)),
    BEYOND_F16((r, i) -> r.nextGaussian(0, 1e7)),
    SMALL((r, i) -> r.nextGaussian(0, 1e-12)),
    NEAR_SMALLEST_SCALE((r, i) -> r.nextGaussian(0, 1e-15)),
    TINY((r, i) -> r.nextGaussian(0, 1e-30)),
    SUBNORMAL((r, i) -> r.nextGaussian(0, 1e-41)),
    EVERY_MAGNITUDE((r, i) -> Math.scalb(r.nextGaussian(), r.nextInt(-149, 60))),
    MAGNITUDE_BY_GROUP((r, i) -> Math.scalb(r.nextGaussian(), (int) (i / 16 * 7 % 40) - 30)),
    ZEROES((r, i) -> 0),
    NEGATIVE_ZEROES((r, i) -> -0.0),
    MOSTLY_ZEROES((r, i) -> r.nextInt(40) == 0 ? r.nextGaussian() : 0),
    CONSTANT((r, i) -> 0.7),
    CONSTANT_BY_GROUP((r, i) -> (int) (i / 32) % 5 - 2),
    POSITIVE((r, i) -> 1 + r.nextDouble()),
    NEGATIVE((r, i) -> -1 - r.nextDouble()),
    /** Equal magnitudes and rounding ties. */
    TIES((r, i) -> r.nextInt(-8, 9) * 0.25),
    SIGNS((r, i) -> r.nextBoolean() ? 1 : -1),
    OUTLIERS((r, i) -> r.nextInt(64) == 0 ? r.nextGaussian(0, 10) : r.nextGaussian(0, 1e-3)),
    F16_VALUES(
        (r, i) -> Float.float16ToFloat(Float.floatToFloat16((float) r.nextGaussian(0, 0.02))));

    private interface Sampler {
      double sample(SplittableRandom random, double index);
    }

    private final Sampler draw;

    Distribution(Sampler draw) {
      this.draw = draw;
    }

    DoubleUnaryOperator sampler(SplittableRandom random) {
      return place -> draw.sample(random, place);
    }
  }

  static Stream<GgmlType> supportedTypes() {
    Ggml.require();
    return Stream.of(GgmlType.values()).filter(t -> RowKernels.quantizeBlockSize(t.id()) != 0);
  }

  @Test
  void avx512HasQuantizeKernels() {
    assumeTrue(
        Isa.kernels().equals("avx512"), "skipped: no AVX-512, or MYELIN_ISA selects other kernels");
    assertThat(supportedTypes())
        .containsExactly(GgmlType.Q4_0, GgmlType.Q8_0, GgmlType.Q4_K, GgmlType.Q6_K);
  }

  @ParameterizedTest
  @EnumSource
  void matchesGgmlBytes(Distribution distribution) {
    supportedTypes().forEach(type -> compare(type, distribution));
  }

  private static void compare(GgmlType type, Distribution distribution) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment floats = arena.allocate(COUNT * 4L, 64);
      DoubleUnaryOperator draw = distribution.sampler(new SplittableRandom(distribution.ordinal()));
      for (int i = 0; i < COUNT; i++) {
        floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) draw.applyAsDouble(i));
      }
      long bytes = type.bytes(COUNT);
      MemorySegment expected = arena.allocate(bytes, 64);
      MemorySegment ours = arena.allocate(bytes + 1, 64);
      ours.set(ValueLayout.JAVA_BYTE, bytes, (byte) 0x5a);
      Ggml_h.ggml_quantize_chunk(
          type.id(), floats, expected, 0, COUNT / 256, 256, MemorySegment.NULL);
      RowKernels.quantize(type.id(), floats, COUNT, ours);
      long mismatch = ours.asSlice(0, bytes).mismatch(expected);
      assertThat(mismatch)
          .as("%s, %s, block %d", type, distribution, mismatch / type.blockBytes())
          .isEqualTo(-1);
      assertThat(ours.get(ValueLayout.JAVA_BYTE, bytes)).isEqualTo((byte) 0x5a);
    }
  }

  static Stream<GgmlType> floatTypes() {
    return Stream.of(GgmlType.F32, GgmlType.F16, GgmlType.BF16);
  }

  /** Every f16 and bf16 value, and lengths that are no multiple of the vector width. */
  @ParameterizedTest
  @MethodSource("floatTypes")
  void convertsToFloatExactly(GgmlType type) {
    Ggml.require();
    try (Arena arena = Arena.ofConfined()) {
      for (int n : new int[] {0, 1, 15, 16, 17, 1000, 1 << 16}) {
        MemorySegment in = arena.allocate(4L * n + 4, 64);
        float[] expected = new float[n];
        int largest = 0;
        for (int i = 0; i < n; i++) {
          short bits = (short) (n == 1 << 16 ? i : i * 31);
          switch (type) {
            case F16 -> expected[i] = Float.float16ToFloat(bits);
            case BF16 -> expected[i] = Float.intBitsToFloat(bits << 16);
            default -> expected[i] = Float.intBitsToFloat(i * 0x01234567);
          }
          if (type == GgmlType.F32) {
            in.setAtIndex(ValueLayout.JAVA_FLOAT, i, expected[i]);
          } else {
            in.setAtIndex(ValueLayout.JAVA_SHORT, i, bits);
          }
          int magnitude = Float.floatToRawIntBits(expected[i]) & Integer.MAX_VALUE;
          largest = Math.max(largest, magnitude);
        }
        MemorySegment out = arena.allocate(4L * n + 4, 64);
        MemorySegment max = arena.allocate(4);
        RowKernels.toF32(type.id(), in, n, out, max);
        float[] widened =
            (type == GgmlType.F32 ? in : out).asSlice(0, 4L * n).toArray(ValueLayout.JAVA_FLOAT);
        assertThat(widened).isEqualTo(expected);
        int bits = max.get(ValueLayout.JAVA_INT, 0);
        boolean finite = largest < RowConverter.INFINITY_BITS;
        assertThat(bits < RowConverter.INFINITY_BITS).isEqualTo(finite);
        if (finite) {
          assertThat(bits).isEqualTo(largest);
        }
      }
    }
  }
}
