package dev.myelin.imatrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.imatrix.ImportanceMatrix.Entry;
import dev.myelin.imatrix.ImportanceMatrixFiles.Format;
import dev.myelin.testing.RandomModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both formats: round trip, merge, corrupt files. */
class ImportanceMatrixFilesTest {
  private static final String DENSE = "blk.0.attn_q.weight";
  private static final String EXPERTS = "blk.0.ffn_up_exps.weight";

  @TempDir Path folder;

  private static ImportanceMatrix sample() {
    Map<String, Entry> entries = new TreeMap<>();
    entries.put(DENSE, new Entry(new float[] {1, 2.5f, 0, 8}, new long[] {1024}));
    entries.put(EXPERTS, new Entry(new float[] {3, 6, 0, 0, 5, 10}, new long[] {3, 0, 5}));
    return new ImportanceMatrix(new TreeMap<>(entries), List.of("a.txt", "b.txt"), 2, 512);
  }

  private static void assertSame(ImportanceMatrix a, ImportanceMatrix b) {
    assertThat(a.entries().keySet()).isEqualTo(b.entries().keySet());
    a.entries()
        .forEach(
            (name, e) -> {
              assertThat(e.sums()).as(name).isEqualTo(b.entries().get(name).sums());
              assertThat(e.counts()).as(name).isEqualTo(b.entries().get(name).counts());
            });
    assertThat(a.datasets()).isEqualTo(b.datasets());
    assertThat(a.chunks()).isEqualTo(b.chunks());
    assertThat(a.chunkSize()).isEqualTo(b.chunkSize());
  }

  @Test
  void ggufRoundTrips() {
    Path file = folder.resolve("m.gguf");
    ImportanceMatrixFiles.write(sample(), file, Format.GGUF);
    assertSame(ImportanceMatrixFiles.read(file), sample());
    try (GgufFile gguf = GgufFile.open(file)) {
      assertThat(gguf.metadata().keys())
          .containsExactly(
              "general.type", "imatrix.datasets", "imatrix.chunk_count", "imatrix.chunk_size");
      assertThat(gguf.metadata().string("general.type")).isEqualTo("imatrix");
      assertThat(gguf.tensor(EXPERTS + ".in_sum2").orElseThrow().shape()).containsExactly(2L, 3L);
      assertThat(gguf.tensor(EXPERTS + ".counts").orElseThrow().shape()).containsExactly(1L, 3L);
      assertThat(gguf.tensor(DENSE + ".counts").orElseThrow().shape()).containsExactly(1L);
    }
  }

  @Test
  void importanceIsMeanSquare() {
    assertThat(sample().importance(DENSE).orElseThrow())
        .containsExactly(1f / 1024, 2.5f / 1024, 0, 8f / 1024);
    // an expert without tokens has the same importance in all columns
    assertThat(sample().importance(EXPERTS).orElseThrow()).containsExactly(1, 2, 1, 1, 1, 2);
    assertThat(sample().importance("blk.9.attn_q.weight")).isEmpty();
    assertThat(sample().partialEntries()).containsExactly(EXPERTS + ": 1 of 3");
  }

  @Test
  void legacyFormatKeepsMeans() throws IOException {
    Path file = folder.resolve("m.dat");
    ImportanceMatrixFiles.write(sample(), file, Format.DAT);
    ImportanceMatrix read = ImportanceMatrixFiles.read(file);
    assertThat(read.isLegacy()).isTrue();
    assertThat(read.chunks()).isEqualTo(2);
    assertThat(read.datasets()).containsExactly("b.txt");
    for (String name : List.of(DENSE, EXPERTS)) {
      assertThat(read.importance(name).orElseThrow())
          .isEqualTo(sample().importance(name).orElseThrow());
    }
    // 1024 tokens are two chunks of 512; fewer tokens are rounded up to one chunk
    assertThat(read.entries().get(DENSE).counts()).containsExactly(2);
    assertThat(read.entries().get(EXPERTS).counts()).containsExactly(1);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.getInt()).isEqualTo(2);
    assertThat(bytes.getInt()).isEqualTo(DENSE.length());
  }

  @Test
  void mergesMatrices() {
    ImportanceCollector all = new ImportanceCollector(false, 512);
    all.add(sample());
    all.add(sample());
    ImportanceMatrix merged = all.matrix();
    assertThat(merged.entries().get(DENSE).sums()).containsExactly(2, 5, 0, 16);
    assertThat(merged.entries().get(EXPERTS).counts()).containsExactly(6, 0, 10);
    assertThat(merged.chunks()).isEqualTo(4);
    assertThat(merged.datasets()).containsExactly("a.txt", "b.txt");

    // the legacy format counts chunks, with one count for all experts
    Path file = folder.resolve("m.dat");
    ImportanceMatrixFiles.write(sample(), file, Format.DAT);
    all.add(ImportanceMatrixFiles.read(file));
    assertThat(all.matrix().entries().get(DENSE).counts()).containsExactly(2048 + 1024);
    assertThat(all.matrix().entries().get(EXPERTS).counts()).containsExactly(518, 512, 522);

    TreeMap<String, Entry> other = new TreeMap<>();
    other.put(DENSE, new Entry(new float[5], new long[] {1}));
    assertThatThrownBy(() -> all.add(new ImportanceMatrix(other, List.of(), 0, 512)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("entry " + DENSE + " has 5 sums, another has 4");
  }

  @Test
  void ignoresAllZeroEntries() {
    TreeMap<String, Entry> entries = new TreeMap<>();
    entries.put(DENSE, new Entry(new float[4], new long[] {1024}));
    entries.put("some", new Entry(new float[] {0, 0, 0, 1}, new long[] {1}));
    entries.put(EXPERTS, new Entry(new float[] {0, 0, 0, 1, 0, 0, 2, 0}, new long[] {1}));
    ImportanceMatrix matrix = new ImportanceMatrix(entries, List.of(), 1, 512);
    assertThat(matrix.importance(DENSE)).isEmpty();
    assertThat(matrix.importance(DENSE, 4)).isEmpty();
    assertThat(matrix.importance("some", 4).orElseThrow()).containsExactly(0, 0, 0, 1);
    // of several matrices, one of zeros is treated as an expert without tokens
    assertThat(matrix.importance(EXPERTS, 2).orElseThrow()).containsExactly(1, 1, 0, 1, 1, 1, 2, 0);
    assertThat(matrix.zeroEntries()).containsExactly(DENSE);
  }

  @Test
  void rejectsFileWithInvalidSums() {
    for (Format format : Format.values()) {
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -1}) {
        TreeMap<String, Entry> entries = new TreeMap<>();
        entries.put(DENSE, new Entry(new float[] {1, bad}, new long[] {1}));
        Path file = folder.resolve("bad." + format);
        ImportanceMatrixFiles.write(new ImportanceMatrix(entries, List.of(), 1, 1), file, format);
        assertRejected(
            file, "entry %s, column 1 = %s: expected a number of 0 or more".formatted(DENSE, bad));
      }
    }
  }

  @Test
  void rejectsInvalidImportanceNamingColumn() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -1, 1e20f}) {
      TreeMap<String, Entry> entries = new TreeMap<>();
      entries.put(DENSE, new Entry(new float[] {1, bad}, new long[] {1}));
      ImportanceMatrix matrix = new ImportanceMatrix(entries, List.of(), 1, 512);
      assertThatThrownBy(() -> matrix.importance(DENSE))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("entry %s, column 1: %s: expected 0 to 1.0E12".formatted(DENSE, bad));
    }
  }

  @Test
  void rejectsOtherFiles() throws IOException {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    assertRejected(model, "no entries: expected an importance matrix");
    assertRejected(folder, "this is a folder");
    assertRejected(folder.resolve("none"), "no such file");
    assertRejected(
        Files.write(folder.resolve("empty"), new byte[0]),
        "the file ends within the number of entries");
    Path text = Files.writeString(folder.resolve("text"), "certainly not an importance matrix");
    assertRejected(text, "the number of entries = ");
    GgufWriter lonely = new GgufWriter().put("imatrix.chunk_size", 512);
    lonely.tensor(
        DENSE + ".in_sum2", GgmlType.F32, new long[] {4}, MemorySegment.ofArray(new float[4]));
    lonely.write(folder.resolve("lonely"));
    assertRejected(folder.resolve("lonely"), "tensor " + DENSE + ".counts: missing");
    lonely.tensor(
        DENSE + ".counts", GgmlType.F32, new long[] {3}, MemorySegment.ofArray(new float[3]));
    lonely.write(folder.resolve("odd"));
    assertRejected(folder.resolve("odd"), "entry " + DENSE + ": 4 sums for 3 counts");
  }

  private static void assertRejected(Path file, String message) {
    assertThatThrownBy(() -> ImportanceMatrixFiles.read(file))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }

  /**
   * Truncated anywhere, or with any byte changed: rejected or read, without any other exception.
   */
  @Test
  void corruptFilesAreRejectedOrRead() throws IOException {
    for (Format format : Format.values()) {
      Path file = folder.resolve("valid");
      ImportanceMatrixFiles.write(sample(), file, format);
      byte[] bytes = Files.readAllBytes(file);
      for (int length = 0; length < bytes.length; length++) {
        readOrReject(Arrays.copyOf(bytes, length));
      }
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < 200; i++) {
        byte[] changed = bytes.clone();
        changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
        readOrReject(changed);
      }
    }
  }

  private void readOrReject(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("damaged"), bytes);
    try {
      ImportanceMatrix matrix = ImportanceMatrixFiles.read(file);
      assertThat(matrix.entries()).isNotNull();
    } catch (ModelFileException e) {
      assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
    }
  }

  @Test
  void failedWriteLeavesNoFile() throws IOException {
    Path nowhere = folder.resolve("no/such/m.dat");
    assertThatThrownBy(() -> ImportanceMatrixFiles.write(sample(), nowhere, Format.DAT))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("cannot be written");
    Path taken = Files.createDirectories(folder.resolve("taken/with/files"));
    assertThatThrownBy(() -> ImportanceMatrixFiles.write(sample(), taken.getParent(), Format.DAT))
        .isInstanceOf(ModelFileException.class);
    try (var left = Files.list(folder.resolve("taken"))) {
      assertThat(left).containsExactly(taken.getParent());
    }
  }
}
