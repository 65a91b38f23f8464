package dev.myelin.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * The identity of a file: equal for all paths of one file, through symbolic and hard links, even if
 * the file does not exist yet.
 */
public record FileId(Object key) {

  /** The identity of a regular or missing file. Empty for a folder, device or pipe. */
  public static Optional<FileId> of(Path path) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      if (!attributes.isRegularFile()) {
        return Optional.empty();
      }
      Object key = attributes.fileKey(); // null if the file system has none
      return Optional.of(new FileId(key == null ? path.toRealPath() : key));
    } catch (IOException e) {
      return Optional.of(new FileId(realPath(path)));
    }
  }

  /** The real path that a missing file would have. */
  private static Path realPath(Path path) {
    Path result = path.toAbsolutePath();
    try {
      result = OutputTarget.of(path).path();
      return result.getParent().toRealPath().resolve(result.getFileName());
    } catch (IOException | RuntimeException e) {
      return result.normalize();
    }
  }
}
