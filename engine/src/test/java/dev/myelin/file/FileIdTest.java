package dev.myelin.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which paths are the same file. */
class FileIdTest {
  @TempDir Path folder;

  private static void assertSameFile(Path a, Path b) {
    assertThat(FileId.of(a)).isPresent().isEqualTo(FileId.of(b));
  }

  @Test
  void equalsForEveryPathOfAFile() throws IOException {
    assumeFalse(
        System.getProperty("os.name").startsWith("Windows"), "skipped: links need permission");
    Path file = Files.writeString(folder.resolve("file"), "text");
    assertSameFile(file, folder.resolve("./file"));
    assertSameFile(file, Path.of("").toAbsolutePath().relativize(file));
    assertSameFile(file, Files.createSymbolicLink(folder.resolve("link"), Path.of("file")));
    assertSameFile(file, Files.createLink(folder.resolve("hard"), file));
    Path there = Files.createSymbolicLink(folder.resolve("there"), folder);
    assertSameFile(file, there.resolve("file"));
    assertThat(FileId.of(file))
        .isNotEqualTo(FileId.of(Files.writeString(folder.resolve("copy"), "text")));
  }

  @Test
  void equalsForEveryPathOfAMissingFile() throws IOException {
    assumeFalse(
        System.getProperty("os.name").startsWith("Windows"), "skipped: links need permission");
    Path file = folder.resolve("new");
    assertSameFile(file, folder.resolve("./new"));
    assertSameFile(file, Files.createSymbolicLink(folder.resolve("link"), Path.of("new")));
    Path there = Files.createSymbolicLink(folder.resolve("there"), folder);
    assertSameFile(file, there.resolve("new"));
    assertSameFile(folder.resolve("no/new"), folder.resolve("no/./new"));
    assertThat(FileId.of(file)).isNotEqualTo(FileId.of(folder.resolve("other")));
  }

  @Test
  void isEmptyForFoldersAndDevices() {
    assertThat(FileId.of(folder)).isEmpty();
    Path device = Path.of("/dev/null");
    assertThat(Files.exists(device) ? FileId.of(device) : FileId.of(folder)).isEmpty();
  }
}
