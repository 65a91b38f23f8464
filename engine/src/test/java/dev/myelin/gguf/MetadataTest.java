package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.ModelFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Typed getters: conversions and error messages. */
class MetadataTest {
  private static final GgufFile FILE =
      GgufFile.of(
          Path.of("m.gguf"),
          new GgufWriter()
              .put("text", "seven")
              .put("number", 7)
              .put("negative", GgufValueType.I32, -7)
              .put("large", GgufValueType.U32, 1L << 31)
              .put("huge", GgufValueType.U64, -1L >>> 1)
              .put("beyond", GgufValueType.U64, new java.math.BigInteger("18446744073709551615"))
              .put("float", 0.5f)
              .put("flag", true)
              .put("ints", new int[] {1, 2})
              .putArray("wide", GgufValueType.I64, new long[] {1, 1L << 40})
              .putArray(
                  "beyonds",
                  GgufValueType.U64,
                  new Object[] {new java.math.BigInteger("9223372036854775808")})
              .put("floats", new float[] {1})
              .put("words", new String[] {"a", "b"})
              .toBytes());

  private record InvalidRead(String description, Function<Metadata, Object> read, String message) {
    @Override
    public String toString() {
      return description;
    }
  }

  static List<InvalidRead> invalidReads() {
    String integer = "expected an integer from 0 to 2147483647";
    return List.of(
        invalidRead(
            "string of a number", m -> m.string("number"), "number = u32 7: expected a string"),
        invalidRead("string of none", m -> m.string("none"), "none is missing: expected a string"),
        invalidRead(
            "optional string", m -> m.optString("ints"), "ints = [2 x i32]: expected a string"),
        invalidRead("u32 of text", m -> m.u32("text"), "text = \"seven\": " + integer),
        invalidRead("u32 of a float", m -> m.u32("float"), "float = f32 0.5: " + integer),
        invalidRead("u32 of a bool", m -> m.u32("flag"), "flag = bool true: " + integer),
        invalidRead("u32 below 0", m -> m.u32("negative"), "negative = i32 -7: " + integer),
        invalidRead("u32 of 2^31", m -> m.u32("large"), "large = u32 2147483648: " + integer),
        invalidRead("u32 of 2^64-1", m -> m.u32("beyond"), "beyond = u64 18446744073709551615: "),
        invalidRead("u32 of none", m -> m.u32("none"), "none is missing: " + integer),
        invalidRead("optional u32", m -> m.optU32("text"), "text = \"seven\": " + integer),
        invalidRead("u32 or else", m -> m.u32("text", 1), "text = \"seven\": " + integer),
        invalidRead("i64 of 2^64-1", m -> m.i64("beyond"), "beyond = u64 18446744073709551615: "),
        invalidRead("i64 of text", m -> m.i64("text"), "text = \"seven\": expected an integer"),
        invalidRead(
            "float of an integer", m -> m.f32("number"), "number = u32 7: expected a float"),
        invalidRead("optional float", m -> m.optF32("flag"), "flag = bool true: expected a float"),
        invalidRead("bool of 7", m -> m.bool("number", true), "number = u32 7: expected true or"),
        invalidRead("array of text", m -> m.array("text"), "text = \"seven\": expected an array"),
        invalidRead("array of none", m -> m.array("none"), "none is missing: expected an array"),
        invalidRead(
            "optional array", m -> m.optArray("flag"), "flag = bool true: expected an array"),
        invalidRead("value of none", m -> m.value("none"), "none is missing: expected a value"),
        invalidRead("floats of ints", m -> m.array("ints").f32(0), "ints = [2 x i32]: expected an"),
        invalidRead(
            "ints of floats", m -> m.array("floats").i32(0), "floats = [1 x f32]: expected an"),
        invalidRead(
            "bools of ints", m -> m.array("ints").bool(0), "[2 x i32]: expected an array of bool"),
        invalidRead(
            "strings of ints",
            m -> m.array("ints").string(0),
            "[2 x i32]: expected an array of str"),
        invalidRead("bytes of floats", m -> m.array("floats").bytes(0), "expected an array of str"),
        invalidRead(
            "ints too wide",
            m -> m.array("wide").toInts(),
            "element 1 to fit 32 bits, it is 1099511627776"),
        invalidRead(
            "longs too wide",
            m -> m.array("beyonds").i64(0),
            "fit 63 bits, it is 9223372036854775808"),
        invalidRead(
            "floats of words", m -> m.array("words").toFloats(), "words = [2 x str]: expected an"),
        invalidRead(
            "another type", m -> m.array("words").requireType(GgufValueType.F32), "array of f32"));
  }

  private static InvalidRead invalidRead(
      String description, Function<Metadata, Object> read, String message) {
    return new InvalidRead(description, read, message);
  }

  @ParameterizedTest
  @MethodSource("invalidReads")
  void namesFileKeyValueAndExpectation(InvalidRead invalid) {
    assertThatThrownBy(() -> invalid.read.apply(FILE.metadata()))
        .isExactlyInstanceOf(ModelFileException.class)
        .hasMessageStartingWith("m.gguf: key ")
        .hasMessageContaining(invalid.message);
  }

  @Test
  void convertsFittingValues() {
    Metadata m = FILE.metadata();
    assertThat(m.u32("number")).isEqualTo(7);
    assertThat(m.optU32("number")).hasValue(7);
    assertThat(m.u32("none", 3)).isEqualTo(3);
    assertThat(m.optU32("none")).isEmpty();
    assertThat(m.i64("huge")).isEqualTo(Long.MAX_VALUE);
    assertThat(m.i64("none", -1)).isEqualTo(-1);
    assertThat(m.f32("float", 1)).isEqualTo(0.5f);
    assertThat(m.f32("none", 1)).isEqualTo(1);
    assertThat(m.optF32("none")).isEmpty();
    assertThat(m.bool("none", true)).isTrue();
    assertThat(m.optArray("none")).isEmpty();
    assertThat(m.array("wide").i64(1)).isEqualTo(1L << 40);
    assertThat(m.array("ints").toInts()).containsExactly(1, 2);
    assertThat(m.array("floats").toFloats()).containsExactly(1);
    assertThat(m.error("number", "expected 1 to 3").getMessage())
        .isEqualTo("m.gguf: key number = u32 7: expected 1 to 3");
  }
}
