package dev.myelin.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * Which file a path names: equal for two paths that name one, through symbolic or hard links, also
 * where neither exists yet.
 */
public record FileId(Object key) {

  /** Empty for a folder, a device or a pipe, which any number of options may name. */
  public static Optional<FileId> of(Path path) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      if (!attributes.isRegularFile()) {
        return Optional.empty();
      }
      Object key = attributes.fileKey(); // null where the system has none
      return Optional.of(new FileId(key == null ? path.toRealPath() : key));
    } catch (IOException e) {
      return Optional.of(new FileId(realPath(path)));
    }
  }

  /** Where a file that is not there would be. */
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
