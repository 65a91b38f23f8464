package dev.myelin.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_to_float_t;
import dev.myelin.bindings.ggml.ggml_type_traits;
import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.graph.Ggml;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomWeights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares histograms with counts over values that are dequantized at once. */
class HistogramsTest {
  private static final int ROW = 768; // whole blocks of every type
  private static final int ROWS = 43; // more than one chunk, and not a multiple of the chunk size

  @TempDir Path folder;

  private static float[] randomValues(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[ROW * ROWS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (0.01 + 0.05 * random.nextGaussian());
    }
    values[5] = 3; // an outlier
    values[6] = 0;
    return values;
  }

  /**
   * Values in the format of a type. Quantizing to the types of few bits takes long, so they get
   * random bytes; the bytes chosen make no scale infinite.
   */
  private static MemorySegment encode(GgmlType type, float[] values) {
    if (type.name().matches("IQ[123].*")) {
      byte[] bytes = new byte[(int) type.bytes(values.length)];
      new SplittableRandom(type.id()).nextBytes(bytes);
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] &= 0x3b;
      }
      return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, bytes);
    }
    ByteBuffer plain =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.nativeOrder());
    for (float v : values) {
      switch (type) {
        case I8 -> plain.put((byte) (v * 100));
        case I16 -> plain.putShort((short) (v * 1000));
        case I32 -> plain.putInt((int) (v * 1000));
        case I64 -> plain.putLong((long) (v * 1000));
        case F64 -> plain.putDouble(v);
        default -> {
          return RandomWeights.quantize(type, values, ROW);
        }
      }
    }
    return MemorySegment.ofArray(java.util.Arrays.copyOf(plain.array(), plain.position()));
  }

  /** Dequantizes without the code under test. */
  private static double[] decode(GgmlType type, MemorySegment bytes, int count) {
    double[] values = new double[count];
    MemorySegment traits =
        Ggml_h.ggml_get_type_traits(type.id()).reinterpret(ggml_type_traits.sizeof());
    MemorySegment function = ggml_type_traits.to_float(traits);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment floats = arena.allocate(ValueLayout.JAVA_FLOAT, count);
      if (function.address() != 0) {
        ggml_to_float_t.invoke(function, bytes, floats, count);
      }
      for (int i = 0; i < count; i++) {
        values[i] =
            switch (type) {
              case F32 -> bytes.getAtIndex(ValueLayout.JAVA_FLOAT, i);
              case F16 -> Float.float16ToFloat(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i));
              case BF16 ->
                  Float.intBitsToFloat(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i) << 16);
              case I8 -> bytes.get(ValueLayout.JAVA_BYTE, i);
              case I16 -> bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i);
              case I32 -> bytes.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * i);
              case I64 -> bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i);
              case F64 -> (float) bytes.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8L * i);
              default -> floats.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            };
      }
    }
    return values;
  }

  private static Histogram of(GgmlType type, long[] shape, MemorySegment data) {
    GgufWriter writer = new GgufWriter().tensor("t", type, shape, data);
    try (GgufFile file = GgufFile.of(Path.of("test.gguf"), writer.toBytes())) {
      return Histograms.of(file, file.tensors().getFirst()).orElseThrow();
    }
  }

  private static Histogram ofFloats(float... values) {
    return of(GgmlType.F32, new long[] {values.length}, MemorySegment.ofArray(values));
  }

  @ParameterizedTest
  @EnumSource(
      value = GgmlType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"Q8_1", "Q8_K"})
  void matchesReferenceForEveryType(GgmlType type) {
    Ggml.require();
    MemorySegment bytes = encode(type, randomValues(type.id()));
    double[] values = decode(type, bytes, ROW * ROWS);
    Histogram h = of(type, new long[] {ROW, ROWS}, bytes);

    double sum = 0;
    double min = Double.MAX_VALUE;
    double max = -Double.MAX_VALUE;
    long zeros = 0;
    for (double v : values) {
      sum += v;
      min = Math.min(min, v);
      max = Math.max(max, v);
      zeros += v == 0 ? 1 : 0;
    }
    double mean = sum / values.length;
    double squares = 0;
    for (double v : values) {
      squares += (v - mean) * (v - mean);
    }
    double deviation = Math.sqrt(squares / values.length);

    assertThat(h.count()).isEqualTo(values.length);
    assertThat(h.sampled()).isFalse();
    assertThat(h.nans() + h.infinities()).isZero();
    assertThat(h.zeros()).isEqualTo(zeros);
    assertThat(h.min()).isEqualTo(min);
    assertThat(h.max()).isEqualTo(max);
    double tolerance = 1e-9 * Math.max(Math.abs(min), Math.abs(max));
    assertThat(h.mean()).isCloseTo(mean, within(tolerance));
    assertThat(h.standardDeviation()).isCloseTo(deviation, within(tolerance));
    assertThat(h.low()).isCloseTo(Math.max(min, mean - 5 * deviation), within(tolerance));
    assertThat(h.high()).isCloseTo(Math.min(max, mean + 5 * deviation), within(tolerance));

    long[] bins = new long[64];
    long below = 0;
    long above = 0;
    double width = (h.high() - h.low()) / 64;
    for (double v : values) {
      if (v < h.low()) {
        below++;
      } else if (v > h.high()) {
        above++;
      } else {
        bins[Math.min(63, (int) Math.floor((v - h.low()) / width))]++;
      }
    }
    assertThat(h.below()).isEqualTo(below);
    assertThat(h.above()).isEqualTo(above).isGreaterThanOrEqualTo(type == GgmlType.F32 ? 1 : 0);
    long difference = 0; // a value at the edge of a bin may be rounded to either side
    for (int i = 0; i < 64; i++) {
      difference += Math.abs(bins[i] - h.bins().get(i));
    }
    assertThat(difference).isLessThanOrEqualTo(values.length / 1000);
    assertThat(h.bins().stream().mapToLong(Long::longValue).sum() + below + above)
        .isEqualTo(values.length);
  }

  @ParameterizedTest
  @EnumSource(
      value = GgmlType.class,
      names = {"Q8_1", "Q8_K"})
  void isEmptyForTypesWithoutDequantizer(GgmlType type) {
    byte[] data = new byte[(int) type.bytes(ROW)];
    GgufWriter writer =
        new GgufWriter().tensor("t", type, new long[] {ROW}, MemorySegment.ofArray(data));
    try (GgufFile file = GgufFile.of(Path.of("test.gguf"), writer.toBytes())) {
      assertThat(Histograms.of(file, file.tensors().getFirst())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = GgmlType.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"Q8_1", "Q8_K"})
  void acceptsRandomBytes(GgmlType type) {
    byte[] noise = new byte[(int) type.bytes(ROW * 4L)];
    new SplittableRandom(1).nextBytes(noise);
    Histogram h = of(type, new long[] {ROW, 4}, MemorySegment.ofArray(noise));
    assertThat(h.count()).isEqualTo(ROW * 4L);
    long binned = h.bins().stream().mapToLong(Long::longValue).sum();
    assertThat(binned + h.below() + h.above() + h.nans() + h.infinities()).isEqualTo(h.count());
  }

  @Test
  void countsNansAndInfinitiesSeparately() {
    float inf = Float.POSITIVE_INFINITY;
    Histogram h = ofFloats(Float.NaN, 1, inf, -inf, 0, -0f, 2, Float.NaN);
    assertThat(h.nans()).isEqualTo(2);
    assertThat(h.infinities()).isEqualTo(2);
    assertThat(h.finite()).isEqualTo(4);
    assertThat(h.zeros()).isEqualTo(2);
    assertThat(h.zeroFraction()).isEqualTo(0.5);
    assertThat(h.mean()).isEqualTo(0.75);
    assertThat(h.min()).isZero();
    assertThat(h.max()).isEqualTo(2);
    assertThat(h.below() + h.above()).isZero();
    assertThat(h.bins()).hasSize(64).contains(2L, 1L);
    assertThat(h.bins().getFirst()).isEqualTo(2);
    assertThat(h.bins().getLast()).isEqualTo(1);
  }

  @Test
  void hasNoBinsWithoutFiniteValues() {
    Histogram h = ofFloats(Float.NaN, Float.NEGATIVE_INFINITY);
    assertThat(h.finite()).isZero();
    assertThat(h.zeroFraction()).isZero();
    assertThat(h.mean()).isNaN();
    assertThat(h.bins()).isEmpty();
  }

  @Test
  void putsEqualValuesInFirstBin() {
    Histogram h = ofFloats(0.1f, 0.1f, 0.1f);
    assertThat(h.standardDeviation()).isZero();
    assertThat(h.min()).isEqualTo(0.1f);
    assertThat(h.bins().getFirst()).isEqualTo(3);
    assertThat(h.below() + h.above()).isZero();
  }

  @Test
  void doesNotOverflowOnLargestFloats() {
    Histogram h = ofFloats(Float.MAX_VALUE, -Float.MAX_VALUE);
    assertThat(h.mean()).isZero();
    assertThat(h.standardDeviation()).isEqualTo(Float.MAX_VALUE);
  }

  @Test
  void samplesLargeTensorsEvenly() {
    // values grow with the row, so an even sample has the mean and the range of the whole
    int row = 512;
    int rows = (int) (2 * Histograms.MAX_VALUES / row) + 100;
    GgufWriter writer = new GgufWriter();
    writer.tensor(
        "t",
        GgmlType.I8,
        new long[] {row, rows},
        sink -> {
          byte[] line = new byte[row];
          for (int i = 0; i < rows; i++) {
            java.util.Arrays.fill(line, (byte) (i * 100L / rows));
            sink.write(MemorySegment.ofArray(line));
          }
        });
    Path path = folder.resolve("large.gguf");
    writer.write(path);
    try (GgufFile file = GgufFile.open(path)) {
      Histogram h = Histograms.of(file, file.tensors().getFirst()).orElseThrow();
      assertThat(h.sampled()).isTrue();
      assertThat(h.count()).isEqualTo(Histograms.MAX_VALUES);
      assertThat(h.min()).isZero();
      assertThat(h.max()).isEqualTo(99);
      assertThat(h.mean()).isCloseTo(49.5, within(0.1));
    }
  }

  @Test
  void resultDoesNotDependOnThreadCount() {
    Path path = RandomModel.small("llama").withType(GgmlType.Q4_0).write(folder.resolve("m.gguf"));
    try (GgufFile file = GgufFile.open(path)) {
      List<Integer> done = new ArrayList<>();
      Map<TensorInfo, Optional<Histogram>> one = Histograms.of(file, file.tensors(), 1, done::add);
      assertThat(List.copyOf(one.keySet())).isEqualTo(file.tensors());
      assertThat(done).hasSize(file.tensors().size()).isSorted().last().isEqualTo(done.size());
      assertThat(Histograms.of(file, file.tensors(), 3, n -> {})).isEqualTo(one);
      Histogram norm = one.get(file.tensor("output_norm.weight").orElseThrow()).orElseThrow();
      assertThat(norm.mean()).isCloseTo(1, within(0.05)); // the distribution of the random model
      assertThat(norm.standardDeviation()).isCloseTo(0.1, within(0.03));
      assertThatThrownBy(() -> Histograms.of(file, file.tensors(), 0, n -> {}))
          .isInstanceOf(InvalidRequestException.class);
    }
  }

  @Test
  void stopsWhenInterrupted() {
    Path path = RandomModel.small("llama").write(folder.resolve("m.gguf"));
    try (GgufFile file = GgufFile.open(path)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> Histograms.of(file, file.tensors(), 1, n -> {}))
          .isInstanceOf(CancelledException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
