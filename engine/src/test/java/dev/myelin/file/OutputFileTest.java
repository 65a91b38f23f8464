package dev.myelin.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.error.ModelFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Atomic writes, links, modes, devices and error messages. */
@Timeout(60)
class OutputFileTest {
  @TempDir Path folder;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ByteBuffer buffer(String text) {
    return ByteBuffer.wrap(bytes(text));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static void assumePosix() {
    assumeFalse(
        System.getProperty("os.name").startsWith("Windows"),
        "skipped: needs the links, modes and devices of a POSIX system");
  }

  private static void assumeNotRoot(Path unwritable) {
    assumeFalse(Files.isWritable(unwritable), "skipped: this user may write everywhere (root?)");
  }

  @Test
  void keepsExistingFileUntilRename() throws IOException {
    Path file = Files.writeString(folder.resolve("out"), "old");
    try (OutputFile out = new OutputFile(file, 0)) {
      out.write(buffer("ew"), 1);
      out.write(buffer("n"), 0);
      assertThat(names()).hasSize(2);
      assertThat(file).hasContent("old");
      out.complete();
      assertThat(file).hasContent("old");
      out.rename();
    }
    assertThat(file).hasContent("new");
    assertThat(names()).containsExactly("out");
  }

  @Test
  void deletesUnfinishedFileOnClose() throws IOException {
    Path file = Files.writeString(folder.resolve("out"), "old");
    try (OutputFile out = new OutputFile(file, 0)) {
      out.write(buffer("half"), 0);
    }
    assertThat(file).hasContent("old");
    assertThat(names()).containsExactly("out");
  }

  @Test
  void deletesUnfinishedFilesOfTheProcess() throws IOException {
    try (OutputFile out = new OutputFile(folder.resolve("out"), 0)) {
      out.write(buffer("half"), 0);
      assertThat(names()).hasSize(1);
      OutputFile.deleteUnfinished();
      assertThat(names()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-------", "rw-rw-rw-", "rwxr-x---", "rw-r--r--"})
  void keepsModeOfExistingFile(String mode) throws IOException {
    assumePosix();
    Path file = Files.writeString(folder.resolve("out"), "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    OutputFile.write(file, bytes("new"));
    assertThat(file).hasContent("new");
    assertThat(mode(file)).isEqualTo(mode);
  }

  @Test
  void createsFileWithDefaultMode() throws IOException {
    assumePosix();
    Path file = folder.resolve("out");
    OutputFile.write(file, bytes("new"));
    assertThat(mode(file)).isEqualTo(mode(Files.createFile(folder.resolve("other"))));
  }

  @Test
  void replacesLinkTargetAndKeepsLink() throws IOException {
    assumePosix();
    Path there = Files.createDirectory(folder.resolve("there"));
    Path file = Files.writeString(there.resolve("file"), "old");
    Path link = Files.createSymbolicLink(there.resolve("link"), Path.of("file"));
    Path second = Files.createSymbolicLink(folder.resolve("second"), Path.of("there/link"));
    OutputFile.write(second, bytes("new"));
    assertThat(file).hasContent("new");
    assertThat(link).isSymbolicLink();
    assertThat(second).isSymbolicLink();
    assertThat(names()).containsExactly("second", "there");
  }

  @Test
  void createsMissingLinkTarget() throws IOException {
    assumePosix();
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("file"));
    OutputFile.write(link, bytes("new"));
    assertThat(link).isSymbolicLink();
    assertThat(folder.resolve("file")).hasContent("new");
    Path nowhere = Files.createSymbolicLink(folder.resolve("nowhere"), Path.of("no/file"));
    assertNotWritable(
        nowhere, "no such folder for " + folder.resolve("no/file") + ", the target of the link");
    Path loop = Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
    assertNotWritable(loop, "too many symbolic links");
  }

  private static void assertNotWritable(Path file, String reason) {
    for (Runnable action :
        List.<Runnable>of(
            () -> OutputFile.check(file, 0), () -> OutputFile.write(file, bytes("x")))) {
      assertThatThrownBy(action::run)
          .isInstanceOf(ModelFileException.class)
          .hasMessage(file + ": cannot be written: " + reason);
    }
  }

  @Test
  void reportsMissingPermission() throws IOException {
    assumePosix();
    Path closed = Files.createDirectory(folder.resolve("closed"));
    Path inside = Files.writeString(closed.resolve("file"), "old");
    Path readOnly = Files.writeString(folder.resolve("read-only"), "old");
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
    Files.setPosixFilePermissions(readOnly, PosixFilePermissions.fromString("r--r--r--"));
    try {
      assumeNotRoot(closed);
      assertNotWritable(closed.resolve("new"), "permission denied");
      assertNotWritable(inside, "permission denied");
      assertNotWritable(readOnly, "permission denied");
      assertThat(inside).hasContent("old");
      assertThat(readOnly).hasContent("old");
    } finally {
      Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void rejectsFoldersAndMissingFolders() {
    assertNotWritable(folder.resolve("no/file"), "no such folder");
    assertThatThrownBy(() -> OutputFile.check(folder, 0))
        .isInstanceOf(ModelFileException.class)
        .hasMessage(folder + ": this is a folder: expected a file to write");
  }

  @Test
  void checksFreeSpace() {
    Path file = folder.resolve("out");
    assertThatThrownBy(() -> OutputFile.check(file, 1L << 60))
        .isInstanceOf(ModelFileException.class)
        .hasMessageStartingWith(
            file + ": cannot be written: no space left on device: " + (1L << 60));
  }

  @Test
  void writesToDevices() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.isWritable(full), "skipped: this system has no /dev/full");
    OutputFile.check(full, 1L << 60);
    assertThatThrownBy(() -> OutputFile.write(full, bytes("new")))
        .isInstanceOf(ModelFileException.class)
        .hasMessage("/dev/full: cannot be written: no space left on device");
    Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("/dev/null"));
    OutputFile.write(link, bytes("new"));
    assertThat(Files.isRegularFile(Path.of("/dev/null"), LinkOption.NOFOLLOW_LINKS)).isFalse();
    assertThat(names()).containsExactly("link");
    Files.delete(link);
  }

  @Test
  void writesToPipeInOrder() throws Exception {
    assumePosix();
    Path pipe = folder.resolve("pipe");
    Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
    assumeTrue(made.waitFor() == 0, "skipped: no mkfifo");
    CompletableFuture<String> read =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return Files.readString(pipe);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    try (OutputFile out = new OutputFile(pipe, 0)) {
      out.write(buffer("ef"), 4);
      out.write(buffer("cd"), 2);
      out.write(buffer("ab"), 0);
      out.write(buffer("g"), 6);
      out.complete();
      out.rename();
    }
    assertThat(read.join()).isEqualTo("abcdefg");
    assertThat(Files.readAttributes(pipe, java.nio.file.attribute.BasicFileAttributes.class))
        .matches(a -> a.isOther(), "still a pipe");
  }

  @Test
  void writeNewRejectsExistingFile() throws IOException {
    Path file = folder.resolve("out");
    OutputFile.writeNew(file, bytes("first"));
    assertThatThrownBy(() -> OutputFile.writeNew(file, bytes("second")))
        .isInstanceOf(ModelFileException.class)
        .hasMessage(file + ": exists already");
    assertThat(file).hasContent("first");
    assertThat(names()).containsExactly("out");
  }

  @Test
  void concurrentWritersLeaveOneCompleteFile() throws IOException {
    Path file = folder.resolve("out");
    try (OutputFile one = new OutputFile(file, 0);
        OutputFile two = new OutputFile(file, 0)) {
      two.write(buffer("two"), 0);
      one.write(buffer("one"), 0);
      one.complete();
      one.rename();
      two.complete();
      assertThat(file).hasContent("one");
      two.rename();
    }
    assertThat(file).hasContent("two");
    assertThat(names()).containsExactly("out");
  }

  @Test
  void writesFileWithLongestName() throws IOException {
    String name = "n".repeat(255);
    Path file = folder.resolve(name);
    OutputFile.write(file, bytes("new"));
    assertThat(names()).containsExactly(name);
  }

  @Test
  void reportsInterruptAndLeavesNothing() throws IOException {
    Path file = folder.resolve("out");
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> OutputFile.write(file, bytes("new")))
          .isInstanceOf(ModelFileException.class)
          .hasMessage(file + ": cannot be written: the thread was interrupted");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(names()).isEmpty();
  }
}
