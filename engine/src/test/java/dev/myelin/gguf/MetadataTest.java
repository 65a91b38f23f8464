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

/** Typed getters: what they convert, and what they say when they cannot. */
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

  private record Refusal(String what, Function<Metadata, Object> read, String message) {
    @Override
    public String toString() {
      return what;
    }
  }

  static List<Refusal> refusals() {
    String integer = "expected an integer from 0 to 2147483647";
    return List.of(
        refusal("string of a number", m -> m.string("number"), "number = u32 7: expected a string"),
        refusal("string of none", m -> m.string("none"), "none is missing: expected a string"),
        refusal("optional string", m -> m.optString("ints"), "ints = [2 x i32]: expected a string"),
        refusal("u32 of text", m -> m.u32("text"), "text = \"seven\": " + integer),
        refusal("u32 of a float", m -> m.u32("float"), "float = f32 0.5: " + integer),
        refusal("u32 of a bool", m -> m.u32("flag"), "flag = bool true: " + integer),
        refusal("u32 below 0", m -> m.u32("negative"), "negative = i32 -7: " + integer),
        refusal("u32 of 2^31", m -> m.u32("large"), "large = u32 2147483648: " + integer),
        refusal("u32 of 2^64-1", m -> m.u32("beyond"), "beyond = u64 18446744073709551615: "),
        refusal("u32 of none", m -> m.u32("none"), "none is missing: " + integer),
        refusal("optional u32", m -> m.optU32("text"), "text = \"seven\": " + integer),
        refusal("u32 or else", m -> m.u32("text", 1), "text = \"seven\": " + integer),
        refusal("i64 of 2^64-1", m -> m.i64("beyond"), "beyond = u64 18446744073709551615: "),
        refusal("i64 of text", m -> m.i64("text"), "text = \"seven\": expected an integer"),
        refusal("float of an integer", m -> m.f32("number"), "number = u32 7: expected a float"),
        refusal("optional float", m -> m.optF32("flag"), "flag = bool true: expected a float"),
        refusal("bool of 7", m -> m.bool("number", true), "number = u32 7: expected true or"),
        refusal("array of text", m -> m.array("text"), "text = \"seven\": expected an array"),
        refusal("array of none", m -> m.array("none"), "none is missing: expected an array"),
        refusal("optional array", m -> m.optArray("flag"), "flag = bool true: expected an array"),
        refusal("value of none", m -> m.value("none"), "none is missing: expected a value"),
        refusal("floats of ints", m -> m.array("ints").f32(0), "ints = [2 x i32]: expected an"),
        refusal("ints of floats", m -> m.array("floats").i32(0), "floats = [1 x f32]: expected an"),
        refusal(
            "bools of ints", m -> m.array("ints").bool(0), "[2 x i32]: expected an array of bool"),
        refusal(
            "strings of ints",
            m -> m.array("ints").string(0),
            "[2 x i32]: expected an array of str"),
        refusal("bytes of floats", m -> m.array("floats").bytes(0), "expected an array of str"),
        refusal(
            "ints too wide",
            m -> m.array("wide").toInts(),
            "element 1 to fit 32 bits, it is 1099511627776"),
        refusal(
            "longs too wide",
            m -> m.array("beyonds").i64(0),
            "fit 63 bits, it is 9223372036854775808"),
        refusal(
            "floats of words", m -> m.array("words").toFloats(), "words = [2 x str]: expected an"),
        refusal("another type", m -> m.array("words").expect(GgufValueType.F32), "array of f32"));
  }

  private static Refusal refusal(String what, Function<Metadata, Object> read, String message) {
    return new Refusal(what, read, message);
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void namesFileKeyValueAndWhatWasExpected(Refusal refusal) {
    assertThatThrownBy(() -> refusal.read.apply(FILE.metadata()))
        .isExactlyInstanceOf(ModelFileException.class)
        .hasMessageStartingWith("m.gguf: key ")
        .hasMessageContaining(refusal.message);
  }

  @Test
  void convertsWhatFits() {
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
    assertThat(m.bad("number", "expected 1 to 3").getMessage())
        .isEqualTo("m.gguf: key number = u32 7: expected 1 to 3");
  }
}
