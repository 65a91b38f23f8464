package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Split checkpoints. */
class SplitFilesTest {
  @TempDir Path folder;

  private static GgufWriter writerOfSevenTensors() {
    GgufWriter writer =
        new GgufWriter().alignment(64).put("general.architecture", "llama").put("n", 7);
    for (int i = 0; i < 7; i++) {
      byte[] data = new byte[100 * (i + 1)];
      data[data.length - 1] = (byte) (i + 1);
      writer.tensor("t" + i, GgmlType.I8, new long[] {data.length}, MemorySegment.ofArray(data));
    }
    return writer;
  }

  @Test
  void opensWholeCheckpointFromAnyPart() throws Exception {
    List<Path> files = writerOfSevenTensors().writeSplit(folder.resolve("model-v1.0"), 3);
    assertThat(files)
        .extracting(f -> f.getFileName().toString())
        .containsExactly(
            "model-v1.0-00001-of-00003.gguf",
            "model-v1.0-00002-of-00003.gguf",
            "model-v1.0-00003-of-00003.gguf");
    for (Path given : files) {
      try (GgufFile file = GgufFile.open(given)) {
        assertThat(file.path()).isEqualTo(given);
        assertThat(file.metadata().u32("n")).isEqualTo(7);
        assertThat(file.metadata().i64("split.tensors.count")).isEqualTo(7);
        assertThat(file.parts()).hasSize(3);
        assertThat(file.tensors())
            .extracting(TensorInfo::name)
            .containsExactly("t0", "t1", "t2", "t3", "t4", "t5", "t6");
        assertThat(file.tensors()).extracting(TensorInfo::part).containsOnly(0, 1, 2);
        for (TensorInfo tensor : file.tensors()) {
          MemorySegment data = file.data(tensor);
          byte last = data.get(ValueLayout.JAVA_BYTE, tensor.bytes() - 1);
          assertThat(last).isEqualTo((byte) (tensor.name().charAt(1) - '0' + 1));
          assertThat(file.parts().get(tensor.part()).asSlice(tensor.offset(), tensor.bytes()))
              .isEqualTo(data);
        }
      }
    }
  }

  @Test
  void splitsIntoPartsOfSimilarSize() {
    for (int count = 1; count <= 7; count++) {
      Path prefix = folder.resolve("m" + count);
      List<Path> files = writerOfSevenTensors().writeSplit(prefix, count);
      assertThat(files).hasSize(count);
      try (GgufFile file = GgufFile.open(files.getFirst())) {
        for (int part = 0; part < count; part++) {
          int p = part;
          long bytes =
              file.tensors().stream().filter(t -> t.part() == p).mapToLong(TensorInfo::bytes).sum();
          assertThat(bytes).isPositive().isLessThanOrEqualTo(2800 / count + 700);
        }
      }
    }
    assertThatThrownBy(() -> writerOfSevenTensors().writeSplit(folder.resolve("m"), 8))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContainingAll("8 parts", "1 to 7");
    assertThatThrownBy(() -> writerOfSevenTensors().writeSplit(folder.resolve("m"), 0))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void opensRelativePath() {
    Path relative = Path.of("").toAbsolutePath().relativize(folder.toAbsolutePath());
    List<Path> files = writerOfSevenTensors().writeSplit(relative.resolve("m"), 2);
    try (GgufFile file = GgufFile.open(files.get(1))) {
      assertThat(file.tensors()).hasSize(7);
    }
  }

  @Test
  void namesMissingPart() throws Exception {
    List<Path> files = writerOfSevenTensors().writeSplit(folder.resolve("m"), 3);
    Files.delete(files.get(1));
    assertThatThrownBy(() -> GgufFile.open(files.get(2)))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(files.get(1) + ": part 2 of 3")
        .hasMessageEndingWith("no such file");
  }

  @Test
  void rejectsRenamedPart() throws Exception {
    List<Path> files = writerOfSevenTensors().writeSplit(folder.resolve("m"), 2);
    Path other = Files.copy(files.get(1), folder.resolve("renamed.gguf"));
    assertThatThrownBy(() -> GgufFile.open(other))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContainingAll("part 2 of 2", "-00002-of-00002.gguf");
    Path wrong = Files.copy(files.get(1), folder.resolve("m-00001-of-00004.gguf"));
    assertThatThrownBy(() -> GgufFile.open(wrong)).hasMessageContaining("-00002-of-00002.gguf");
  }

  @Test
  void rejectsSwappedParts() throws Exception {
    List<Path> files = writerOfSevenTensors().writeSplit(folder.resolve("m"), 3);
    Files.copy(files.get(1), files.get(2), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> GgufFile.open(files.get(0)))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(files.get(2) + ": key split.no = u16 1: expected 2");
  }

  @Test
  void rejectsPartOfAnotherCheckpoint() throws Exception {
    List<Path> files = writerOfSevenTensors().writeSplit(folder.resolve("m"), 2);
    part(1, 3, 7).write(files.get(1));
    assertThatThrownBy(() -> GgufFile.open(files.get(0)))
        .hasMessageStartingWith(files.get(1) + ": key split.count = u16 3: expected 2");
    part(1, 2, 7)
        .tensor("x", GgmlType.I8, new long[] {1}, MemorySegment.ofArray(new byte[1]))
        .write(files.get(1));
    assertThatThrownBy(() -> GgufFile.open(files.get(0)))
        .hasMessageStartingWith(files.get(0) + ": key split.tensors.count = i32 7: expected");
  }

  @Test
  void rejectsTensorInTwoParts() throws Exception {
    Path first = folder.resolve("m-00001-of-00002.gguf");
    Path second = folder.resolve("m-00002-of-00002.gguf");
    MemorySegment one = MemorySegment.ofArray(new byte[1]);
    part(0, 2, 2).tensor("t", GgmlType.I8, new long[] {1}, one).write(first);
    part(1, 2, 2).tensor("t", GgmlType.I8, new long[] {1}, one).write(second);
    assertThatThrownBy(() -> GgufFile.open(first))
        .isInstanceOf(ModelFileException.class)
        .hasMessage(second + ": tensor t: expected in one part only");
  }

  @Test
  void namesMalformedPart() throws Exception {
    List<Path> files = writerOfSevenTensors().writeSplit(folder.resolve("m"), 2);
    byte[] bytes = Files.readAllBytes(files.get(1));
    Files.write(files.get(1), java.util.Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> GgufFile.open(files.get(0)))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(files.get(1) + ": tensor t");
  }

  @Test
  void rejectsMissingOrWrongPartNumber() throws Exception {
    Path first = folder.resolve("m-00001-of-00002.gguf");
    new GgufWriter().put("split.count", GgufValueType.U16, 2).write(first);
    assertThatThrownBy(() -> GgufFile.open(first)).hasMessageContaining("key split.no is missing");
    part(2, 2, 0).write(first);
    assertThatThrownBy(() -> GgufFile.open(first))
        .hasMessageContaining("key split.no = u16 2: expected a number from 0 to 1");
  }

  @Test
  void opensWholeFileNamedLikeAPart() {
    Path file = folder.resolve("m-00002-of-00003.gguf");
    writerOfSevenTensors().write(file);
    try (GgufFile read = GgufFile.open(file)) {
      assertThat(read.parts()).hasSize(1);
      assertThat(read.tensors()).extracting(TensorInfo::part).containsOnly(0);
    }
  }

  private static GgufWriter part(int number, int count, int tensors) {
    return new GgufWriter()
        .put("split.no", GgufValueType.U16, number)
        .put("split.count", GgufValueType.U16, count)
        .put("split.tensors.count", GgufValueType.I32, tensors);
  }
}
