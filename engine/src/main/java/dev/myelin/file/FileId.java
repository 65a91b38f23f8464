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
      BasicFileAttributes found = Files.readAttributes(path, BasicFileAttributes.class);
      if (!found.isRegularFile()) {
        return Optional.empty();
      }
      Object key = found.fileKey(); // null where the system has none
      return Optional.of(new FileId(key == null ? path.toRealPath() : key));
    } catch (IOException e) {
      return Optional.of(new FileId(place(path)));
    }
  }

  /** Where a file that is not there would be. */
  private static Path place(Path path) {
    Path place = path.toAbsolutePath();
    try {
      place = Target.of(path).place();
      return place.getParent().toRealPath().resolve(place.getFileName());
    } catch (IOException | RuntimeException e) {
      return place.normalize();
    }
  }
}
