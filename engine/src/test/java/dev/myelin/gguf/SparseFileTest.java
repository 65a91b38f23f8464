package dev.myelin.gguf;

import static dev.myelin.gguf.RawGguf.ARRAY;
import static dev.myelin.gguf.RawGguf.BOOL;
import static dev.myelin.gguf.RawGguf.STRING;
import static dev.myelin.gguf.RawGguf.U8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.imatrix.ImportanceMatrixFiles;
import dev.myelin.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sparse files of many gigabytes: huge counts and lengths cost neither memory nor time. */
@Timeout(20)
class SparseFileTest {
  @TempDir Path folder;

  /** A header, then a hole up to the given length, which takes no disk space. */
  private Path sparse(RawGguf start, long length) throws IOException {
    Path file = folder.resolve("sparse.gguf");
    Files.write(file, start.build());
    return lengthened(file, length);
  }

  private static Path lengthened(Path file, long length) {
    try (RandomAccessFile longer = new RandomAccessFile(file.toFile(), "rw")) {
      longer.setLength(length);
    } catch (IOException e) {
      assumeTrue(false, "skipped: no sparse files on this file system: " + e.getMessage());
    }
    return file;
  }

  private static RawGguf keys() {
    return new RawGguf().padTo(1);
  }

  private static RawGguf.Bytes array(String name, int type, long size) {
    return RawGguf.bytes().str(name).i32(ARRAY).i32(type).i64(size);
  }

  @ParameterizedTest
  @CsvSource({
    STRING + ", 1073741824, str",
    STRING + ", 16777217, str",
    BOOL + ", 1073741824, bool",
    BOOL + ", 16777217, bool"
  })
  void limitsScannedElements(int type, long size, String name) throws IOException {
    Path file = sparse(keys().key(array("k", type, size)), size * 8 + 4096);
    assertThatThrownBy(() -> GgufFile.open(file))
        .isInstanceOf(ModelFileException.class)
        .hasMessage(
            "%s: key k, array of %d %s: expected at most 16777216 strings and bools in all arrays",
            file, size, name);
  }

  @Test
  void limitsScannedElementsOfAllArraysTogether() throws IOException {
    RawGguf.Bytes half = array("a", STRING, 3).str("").str("").str("");
    Path file = sparse(keys().key(half).key(array("b", STRING, (1 << 24) - 2)), 1L << 30);
    assertThatThrownBy(() -> GgufFile.open(file)).hasMessageContaining("key b, array of 16777214");
  }

  @Test
  void rejectsHugeVocabularyBeforeCopying() throws IOException {
    // a string of 1 GiB, all zeros
    RawGguf start =
        keys()
            .key(RawGguf.bytes().str("tokenizer.ggml.model").i32(STRING).str("llama"))
            .key(array("tokenizer.ggml.tokens", STRING, 1).i64(1 << 30));
    try (GgufFile file = GgufFile.open(sparse(start, (1L << 30) + 4096))) {
      assertThatThrownBy(() -> Tokenizer.of(file))
          .isInstanceOf(ModelFileException.class)
          .hasMessageContaining("tokenizer.ggml.tokens")
          .hasMessageContaining("at most 134217728 bytes together");
    }
  }

  @Test
  void opensLargeArrayWithoutCopying() throws IOException {
    try (GgufFile file = GgufFile.open(sparse(keys().key(array("k", U8, 1 << 30)), 1L << 31))) {
      assertThat(file.metadata().array("k").size()).isEqualTo(1 << 30);
      assertThatThrownBy(() -> new GgufWriter().putAll(file.metadata()))
          .isInstanceOf(MyelinException.class)
          .hasMessage(
              "key k = [1073741824 x u8]: expected at most 268435456 bytes of metadata to copy");
    }
  }

  @ParameterizedTest
  @CsvSource({"9223372036854775807, 0", "0, 9223372036854775807", "2147483648, 0", "-1, -1"})
  void rejectsHugeCounts(long tensors, long keys) throws IOException {
    Path file = sparse(keys().tensorCount(tensors).keyCount(keys), 1L << 36);
    assertThatThrownBy(() -> GgufFile.open(file))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("count");
  }

  @Test
  void limitsTotalKeyBytes() {
    RawGguf many = keys();
    String longest = "k".repeat((1 << 16) - 8);
    for (int i = 0; i < 300; i++) {
      many.key(RawGguf.bytes().str(i + longest.substring(4)).i32(U8).u8(1));
    }
    assertThatThrownBy(() -> GgufFile.of(Path.of("many"), RawGguf.segment(many.build())))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("expected at most 16777216 bytes in all keys");
  }

  @Test
  void rejectsHugeImportanceMatrix() throws IOException {
    Path file = folder.resolve("sparse.dat");
    Files.write(file, new byte[] {1, 0, 0, 0, 1, 0, 0, 0, 'a', 1, 0, 0, 0, 0, 0, 0, 0x40});
    lengthened(file, 1L << 36);
    assertThatThrownBy(() -> ImportanceMatrixFiles.read(file))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("half of the Java heap");
  }
}
