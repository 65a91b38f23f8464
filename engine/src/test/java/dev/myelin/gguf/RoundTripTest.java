package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The reader returns what the writer wrote. */
class RoundTripTest {
  private static final Path NAME = Path.of("written.gguf");
  private static final BigInteger U64_MAX = BigInteger.TWO.pow(64).subtract(BigInteger.ONE);

  private static GgufFile read(GgufWriter writer) {
    return GgufFile.of(NAME, writer.toBytes());
  }

  @Test
  void keepsExtremesOfEveryNumberType() {
    GgufWriter writer =
        new GgufWriter()
            .put("u8", GgufValueType.U8, 255)
            .put("i8", GgufValueType.I8, -128)
            .put("u16", GgufValueType.U16, 65535)
            .put("i16", GgufValueType.I16, -32768)
            .put("u32", GgufValueType.U32, 4294967295L)
            .put("i32", GgufValueType.I32, Integer.MIN_VALUE)
            .put("u64", GgufValueType.U64, U64_MAX)
            .put("i64", GgufValueType.I64, Long.MIN_VALUE)
            .put("f32", GgufValueType.F32, -1.5f)
            .put("f64", GgufValueType.F64, Math.PI)
            .put("nan", GgufValueType.F32, Float.NaN)
            .put("yes", GgufValueType.BOOL, true)
            .put("no", GgufValueType.BOOL, false);
    try (GgufFile file = read(writer)) {
      Metadata m = file.metadata();
      assertThat(m.keys()).startsWith("u8", "i8", "u16").endsWith("yes", "no").hasSize(13);
      assertThat(m.i64("u8")).isEqualTo(255);
      assertThat(m.i64("i8")).isEqualTo(-128);
      assertThat(m.u32("u16")).isEqualTo(65535);
      assertThat(m.i64("i16")).isEqualTo(-32768);
      assertThat(m.i64("u32")).isEqualTo(4294967295L);
      assertThat(m.i64("i32")).isEqualTo(Integer.MIN_VALUE);
      assertThat(m.value("u64").toJava()).isEqualTo(U64_MAX);
      assertThat(m.i64("i64")).isEqualTo(Long.MIN_VALUE);
      assertThat(m.f32("f32")).isEqualTo(-1.5f);
      assertThat(m.f32("f64")).isEqualTo((float) Math.PI);
      assertThat(m.value("f64").toJava()).isEqualTo(Math.PI);
      assertThat(m.f32("nan")).isNaN();
      assertThat(m.bool("yes", false)).isTrue();
      assertThat(m.bool("no", true)).isFalse();
      for (String key :
          List.of("u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64")) {
        assertThat(m.value(key).type().shortName()).isEqualTo(key);
      }
    }
  }

  @Test
  void infersTypeFromJavaClass() {
    GgufWriter writer =
        new GgufWriter()
            .put("a", 7)
            .put("b", 7L)
            .put("c", 7f)
            .put("d", 7.0)
            .put("e", true)
            .put("f", "seven")
            .put("g", new int[] {-7})
            .put("h", new long[] {-7})
            .put("i", new float[] {7})
            .put("j", new double[] {7})
            .put("k", new byte[] {-1})
            .put("l", new boolean[] {true, false})
            .put("m", new String[] {"seven", ""});
    try (GgufFile file = read(writer)) {
      List<String> types = new ArrayList<>();
      for (String key : file.metadata().keys()) {
        types.add(
            file.metadata().value(key) instanceof GgufArray array
                ? "[" + array.elementType().shortName()
                : file.metadata().value(key).type().shortName());
      }
      assertThat(types)
          .containsExactly(
              "u32", "u64", "f32", "f64", "bool", "str", "[i32", "[i64", "[f32", "[f64", "[u8",
              "[bool", "[str");
      assertThat(file.metadata().array("k").i32(0)).isEqualTo(255);
    }
  }

  @Test
  void keepsStrings() {
    String chat =
        "{% for m in messages %}\n\t{{ m }}\0 \uD83E\uDDE0 e\u0301 \u4f60\u597d{% endfor %}";
    GgufWriter writer =
        new GgufWriter()
            .put("empty", "")
            .put("chat", chat)
            .put("ключ.日本", "v")
            .put("big", "x".repeat(1 << 20));
    try (GgufFile file = read(writer)) {
      assertThat(file.metadata().string("empty")).isEmpty();
      assertThat(file.metadata().string("chat")).isEqualTo(chat);
      assertThat(file.metadata().optString("ключ.日本")).contains("v");
      assertThat(file.metadata().string("big")).hasSize(1 << 20);
      assertThat(file.metadata().value("big").describe()).hasSizeLessThan(80).endsWith("xxx...\"");
      assertThat(file.metadata().optString("absent")).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = GgufValueType.class,
      names = {"STRING", "ARRAY"},
      mode = EnumSource.Mode.EXCLUDE)
  void keepsArraysOfEveryNumberType(GgufValueType type) {
    Number[] numbers = {0, 1, 100, 127};
    Object values = type == GgufValueType.BOOL ? new Boolean[] {false, true, true, true} : numbers;
    GgufWriter writer =
        new GgufWriter().putArray("some", type, values).putArray("none", type, new int[0]);
    try (GgufFile file = read(writer)) {
      GgufArray array = file.metadata().array("some").requireType(type);
      assertThat(array.size()).isEqualTo(4);
      for (int i = 0; i < 4; i++) {
        if (type == GgufValueType.BOOL) {
          assertThat(array.bool(i)).isEqualTo(i > 0);
          assertThat(array.toJava(i)).isEqualTo(i > 0);
        } else if (type.isFloat()) {
          assertThat(array.f32(i)).isEqualTo(numbers[i].floatValue());
          assertThat(array.f64(i)).isEqualTo(numbers[i].doubleValue());
        } else {
          assertThat(array.i32(i)).isEqualTo(numbers[i]);
          assertThat(array.i64(i)).isEqualTo(numbers[i].longValue());
        }
      }
      assertThat(file.metadata().array("none").size()).isZero();
      assertThatThrownBy(() -> array.toJava(4)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> array.toJava(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void keepsBytesOfStringArrays() {
    Random random = new Random(7);
    String[] words = new String[3000];
    for (int i = 0; i < words.length; i++) {
      StringBuilder word = new StringBuilder();
      random.ints(random.nextInt(9), 0, 0xd800).forEach(word::appendCodePoint);
      words[i] = word.toString();
    }
    try (GgufFile file = read(new GgufWriter().put("words", words))) {
      GgufArray array = file.metadata().array("words");
      assertThat(array.size()).isEqualTo(words.length);
      for (int i : random.ints(20000, 0, words.length).toArray()) {
        assertThat(array.string(i)).isEqualTo(words[i]);
        assertThat(array.bytes(i).toArray(ValueLayout.JAVA_BYTE))
            .isEqualTo(words[i].getBytes(StandardCharsets.UTF_8));
      }
      assertThatThrownBy(() -> array.bytes(words.length))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> array.i32(0))
          .isInstanceOf(ModelFileException.class)
          .hasMessage("written.gguf: key words = [3000 x str]: expected an array of integers");
    }
  }

  @ParameterizedTest
  @EnumSource(GgmlType.class)
  void keepsTensorsOfEveryType(GgmlType type) {
    Random random = new Random(type.id());
    long[] shape = {3L * type.blockSize(), 2, 1, 3};
    byte[] data = new byte[(int) type.bytes(18L * type.blockSize())];
    random.nextBytes(data);
    GgufWriter writer =
        new GgufWriter()
            .tensor("first", GgmlType.I8, new long[] {5}, MemorySegment.ofArray(new byte[5]))
            .tensor("t", type, shape, MemorySegment.ofArray(data));
    try (GgufFile file = read(writer)) {
      TensorInfo tensor = file.tensor("t").orElseThrow();
      assertThat(tensor.type()).isEqualTo(type);
      assertThat(tensor.shape()).containsExactly(shape[0], 2L, 1L, 3L);
      assertThat(tensor.elements()).isEqualTo(18L * type.blockSize());
      assertThat(tensor.dim(0)).isEqualTo(shape[0]);
      assertThat(file.tensor("first").orElseThrow().dim(3)).isEqualTo(1);
      assertThat(tensor.offset() % 32).isZero();
      assertThat(file.data(tensor).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(data);
      assertThat(file.data(tensor).isReadOnly()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 32, 64, 4096})
  void alignsTensors(int alignment) {
    GgufWriter writer = new GgufWriter().version(2).alignment(alignment);
    for (int i = 1; i < 9; i++) {
      byte[] data = new byte[i * 5];
      Arrays.fill(data, (byte) i);
      writer.tensor("t" + i, GgmlType.I8, new long[] {data.length}, MemorySegment.ofArray(data));
    }
    try (GgufFile file = read(writer)) {
      assertThat(file.version()).isEqualTo(2);
      assertThat(file.tensors()).hasSize(8);
      for (TensorInfo tensor : file.tensors()) {
        assertThat(tensor.offset() % alignment).isZero();
        assertThat(file.data(tensor).get(ValueLayout.JAVA_BYTE, tensor.bytes() - 1))
            .isEqualTo((byte) (tensor.name().charAt(1) - '0'));
      }
    }
  }

  @Test
  void writesSameBytesToDiskAndMemory(@TempDir Path folder) throws Exception {
    GgufWriter writer = sample();
    Path file = folder.resolve("model.gguf");
    writer.write(file);
    assertThat(Files.readAllBytes(file)).isEqualTo(writer.toBytes().toArray(ValueLayout.JAVA_BYTE));
    try (GgufFile read = GgufFile.open(file)) {
      assertThat(read.path()).isEqualTo(file);
      assertThat(read.parts()).hasSize(1);
      assertThat(read.parts().getFirst().byteSize()).isEqualTo(Files.size(file));
    }
  }

  @Test
  void copiesFileByteForByte() {
    MemorySegment original = sample().toBytes();
    try (GgufFile file = GgufFile.of(NAME, original)) {
      GgufWriter copy = new GgufWriter().version(file.version()).putAll(file.metadata());
      for (TensorInfo t : file.tensors()) {
        long[] shape = t.shape().stream().mapToLong(Long::longValue).toArray();
        copy.tensor(t.name(), t.type(), shape, file.data(t));
      }
      assertThat(copy.toBytes().mismatch(original)).isEqualTo(-1);
    }
  }

  private static GgufWriter sample() {
    byte[] weights = new byte[(int) GgmlType.Q8_0.bytes(64 * 3)];
    new Random(1).nextBytes(weights);
    return new GgufWriter()
        .put("general.architecture", "llama")
        .put("most", GgufValueType.U64, U64_MAX)
        .put("scores", new float[] {1, -2, Float.NaN})
        .put("flags", new boolean[] {true, false})
        .put("tokens", new String[] {"<s>", "", "\u2581the"})
        .tensor("w", GgmlType.Q8_0, new long[] {64, 3}, MemorySegment.ofArray(weights))
        .tensor("b", GgmlType.I8, new long[] {3}, MemorySegment.ofArray(new byte[] {1, 2, 3}));
  }
}
