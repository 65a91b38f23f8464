package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Streaming, atomic writes, and invalid calls. */
class GgufWriterTest {
  private static final long[] EIGHT = {8};
  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[32]);

  @TempDir Path folder;

  private record InvalidCall(String description, Consumer<GgufWriter> add, String message) {
    @Override
    public String toString() {
      return description;
    }
  }

  static List<InvalidCall> invalidCalls() {
    return List.of(
        new InvalidCall("version 1", w -> w.version(1), "GGUF version 1: expected 2 or 3"),
        new InvalidCall("alignment 12", w -> w.alignment(12), "alignment 12"),
        new InvalidCall("alignment 4", w -> w.alignment(4), "alignment 4"),
        new InvalidCall("alignment as a key", w -> w.put("general.alignment", 64), "alignment()"),
        new InvalidCall("an empty key", w -> w.put("", 1), "key : expected a name"),
        new InvalidCall("a long key", w -> w.put("k".repeat(65536), 1), "1 to 65535 bytes"),
        new InvalidCall("a key twice", w -> w.put("k", 1).put("k", 2), "key k: added twice"),
        new InvalidCall("a negative Integer", w -> w.put("k", -1), "u32 cannot hold -1"),
        new InvalidCall("a negative Long", w -> w.put("k", -1L), "u64 cannot hold -1"),
        new InvalidCall("u8 256", w -> w.put("k", GgufValueType.U8, 256), "u8 cannot hold 256"),
        new InvalidCall("i8 128", w -> w.put("k", GgufValueType.I8, 128), "i8 cannot hold 128"),
        new InvalidCall(
            "i16 -32769", w -> w.put("k", GgufValueType.I16, -32769), "i16 cannot hold"),
        new InvalidCall(
            "i32 2^31", w -> w.put("k", GgufValueType.I32, 1L << 31), "i32 cannot hold"),
        new InvalidCall("an integer of 1.5", w -> w.put("k", GgufValueType.U32, 1.5), "u32 cannot"),
        new InvalidCall("a bool of 1", w -> w.put("k", GgufValueType.BOOL, 1), "bool cannot hold"),
        new InvalidCall("text of 1", w -> w.put("k", GgufValueType.STRING, 1), "str cannot hold"),
        new InvalidCall("a number of text", w -> w.put("k", GgufValueType.F32, "1"), "f32 cannot"),
        new InvalidCall(
            "an array as a value", w -> w.put("k", GgufValueType.ARRAY, 1), "arr cannot"),
        new InvalidCall("no type for it", w -> w.put("k", new Object()), "no GGUF type for Object"),
        new InvalidCall(
            "an element out of range",
            w -> w.putArray("k", GgufValueType.U8, new int[] {1, 300}),
            "u8 cannot hold 300"),
        new InvalidCall("no name", w -> w.tensor("", GgmlType.F32, EIGHT, ZEROS), "1 to 63 bytes"),
        new InvalidCall(
            "a long name", w -> w.tensor("n".repeat(64), GgmlType.F32, EIGHT, ZEROS), "63 bytes"),
        new InvalidCall(
            "a zero in a name", w -> w.tensor("a\0", GgmlType.F32, EIGHT, ZEROS), "1 to 63 bytes"),
        new InvalidCall(
            "a name twice",
            w -> w.tensor("t", GgmlType.F32, EIGHT, ZEROS).tensor("t", GgmlType.F32, EIGHT, ZEROS),
            "tensor t: added twice"),
        new InvalidCall(
            "rank 0", w -> w.tensor("t", GgmlType.F32, new long[0], ZEROS), "1 to 4 dimensions"),
        new InvalidCall(
            "rank 5",
            w -> w.tensor("t", GgmlType.F32, new long[] {8, 1, 1, 1, 1}, ZEROS),
            "1 to 4 dimensions"),
        new InvalidCall(
            "a dimension of 0",
            w -> w.tensor("t", GgmlType.F32, new long[] {8, 0}, ZEROS),
            "shape [8, 0]"),
        new InvalidCall(
            "two dimensions below 0",
            w -> w.tensor("t", GgmlType.F32, new long[] {-4, -2}, ZEROS),
            "dimensions of at least 1"),
        new InvalidCall(
            "2^64 elements",
            w -> w.tensor("t", GgmlType.F32, new long[] {1L << 32, 1L << 32}, ZEROS),
            "fewer than 2^63"),
        new InvalidCall(
            "2^63 bytes",
            w -> w.tensor("t", GgmlType.F32, new long[] {1L << 61}, ZEROS),
            "64 bits"),
        new InvalidCall(
            "half a block",
            w -> w.tensor("t", GgmlType.Q4_K, new long[] {128, 2}, ZEROS),
            "multiple of 256"),
        new InvalidCall(
            "too little data",
            w -> w.tensor("t", GgmlType.F32, new long[] {9}, ZEROS),
            "tensor t: 32 bytes, expected 36"));
  }

  @ParameterizedTest
  @MethodSource("invalidCalls")
  void rejectsInvalidCalls(InvalidCall invalid) {
    assertThatThrownBy(() -> invalid.add.accept(new GgufWriter()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(invalid.message);
  }

  @Test
  void rejectsSourceOfWrongSize() throws Exception {
    for (int bytes : new int[] {0, 31, 33}) {
      DataSource source = sink -> sink.write(MemorySegment.ofArray(new byte[bytes]));
      GgufWriter writer = new GgufWriter().tensor("t", GgmlType.F32, EIGHT, source);
      assertThatThrownBy(writer::toBytes)
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("tensor t: its source wrote " + bytes + " bytes, expected 32");
      assertThatThrownBy(() -> writer.write(folder.resolve("m.gguf")))
          .isInstanceOf(InvalidRequestException.class);
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void keepsOldFileOnFailure() throws Exception {
    Path file = folder.resolve("m.gguf");
    new GgufWriter().put("old", true).write(file);
    byte[] old = Files.readAllBytes(file);
    DataSource full =
        sink -> {
          sink.write(MemorySegment.ofArray(new byte[1 << 20]));
          throw new IOException("No space left on device");
        };
    GgufWriter writer = new GgufWriter().tensor("t", GgmlType.I8, new long[] {2 << 20}, full);
    assertThatThrownBy(() -> writer.write(file))
        .isInstanceOf(ModelFileException.class)
        .hasMessage(file + ": cannot be written: no space left on device")
        .hasCauseInstanceOf(IOException.class);
    assertThat(files()).containsExactly(file);
    assertThat(Files.readAllBytes(file)).isEqualTo(old);
    assertThatThrownBy(writer::toBytes)
        .isInstanceOf(MyelinException.class)
        .hasMessageContaining("No space left");
  }

  @Test
  void leavesNoPartWhenTheLastFails() throws Exception {
    GgufWriter writer =
        new GgufWriter()
            .tensor("a", GgmlType.F32, EIGHT, ZEROS)
            .tensor("b", GgmlType.F32, EIGHT, ZEROS)
            .tensor(
                "c",
                GgmlType.F32,
                EIGHT,
                sink -> {
                  throw new IllegalStateException("no data");
                });
    assertThatThrownBy(() -> writer.writeSplit(folder.resolve("m"), 3))
        .isInstanceOf(IllegalStateException.class);
    assertThat(files()).isEmpty();
  }

  @Test
  void checksFreeSpaceBeforeWriting() throws Exception {
    DataSource never =
        sink -> {
          throw new AssertionError("asked for data");
        };
    GgufWriter writer = new GgufWriter().tensor("t", GgmlType.I8, new long[] {1L << 60}, never);
    Path file = folder.resolve("m.gguf");
    assertThatThrownBy(() -> writer.write(file))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(
            file
                + ": cannot be written: no space left on device: 1152921504606847040 bytes are"
                + " needed");
    assertThat(files()).isEmpty();
  }

  @Test
  void namesUnwritablePath() throws Exception {
    GgufWriter writer = new GgufWriter();
    assertThatThrownBy(() -> writer.write(folder))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContainingAll(folder.toString(), "folder");
    Path nowhere = folder.resolve("no").resolve("m.gguf");
    assertThatThrownBy(() -> writer.write(nowhere))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(nowhere + ": cannot be written: ")
        .hasMessageContaining("no such folder");
    Path inFile = Files.createFile(folder.resolve("f")).resolve("m.gguf");
    assertThatThrownBy(() -> writer.write(inFile)).isInstanceOf(ModelFileException.class);
  }

  /** The example in docs/gguf.md. */
  @Test
  void runsDocumentationExample() {
    Path path = folder.resolve("model.gguf");
    MemorySegment weights = MemorySegment.ofArray(new byte[(int) GgmlType.Q8_0.bytes(64 * 512)]);
    new GgufWriter()
        .put("general.architecture", "llama")
        .put("split.no", GgufValueType.U16, 0)
        .tensor("token_embd.weight", GgmlType.Q8_0, new long[] {64, 512}, weights)
        .tensor(
            "output.weight",
            GgmlType.F32,
            new long[] {64, 512},
            sink -> {
              for (int row = 0; row < 512; row++) {
                sink.write(MemorySegment.ofArray(new float[64]));
              }
            })
        .write(path);
    try (GgufFile file = GgufFile.open(path)) {
      TensorInfo output = file.tensor("output.weight").orElseThrow();
      assertThat(file.data(output).byteSize()).isEqualTo(4 * 64 * 512);
      assertThat(file.metadata().u32("split.no")).isZero();
    }
  }

  @Test
  void writesLargeTensorWithLittleHeap() {
    long bytes = 256L << 20;
    Path file = folder.resolve("large.gguf");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment chunk = arena.allocate(1 << 20);
      DataSource source =
          sink -> {
            for (long i = 0; i < bytes >> 20; i++) {
              chunk.set(ValueLayout.JAVA_LONG, 0, i);
              sink.write(chunk);
            }
          };
      GgufWriter writer = new GgufWriter().tensor("t", GgmlType.I8, new long[] {bytes}, source);
      assertThat(HeapAllocation.measure(() -> writer.write(file))).isLessThan(4L << 20);
    }
    GgufFile[] opened = new GgufFile[1];
    assertThat(HeapAllocation.measure(() -> opened[0] = GgufFile.open(file))).isLessThan(4L << 20);
    try (GgufFile large = opened[0]) {
      MemorySegment data = large.data(large.tensor("t").orElseThrow());
      assertThat(data.byteSize()).isEqualTo(bytes);
      assertThat(data.get(ValueLayout.JAVA_LONG_UNALIGNED, 200L << 20)).isEqualTo(200);
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
