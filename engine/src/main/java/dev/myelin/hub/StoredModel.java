package dev.myelin.hub;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A downloaded model. Immutable and thread-safe.
 *
 * @param name the main name
 * @param names all names, the main one first
 * @param origin the address of its repository
 * @param revision of the repository, empty if unknown
 * @param pulled when it was downloaded
 * @param key the folder of its files in the store
 * @param files one, or all parts of a split checkpoint in order
 */
public record StoredModel(
    String name,
    List<String> names,
    String origin,
    String revision,
    Instant pulled,
    String key,
    List<StoredFile> files) {
  public StoredModel {
    names = List.copyOf(names);
    files = List.copyOf(files);
  }

  /**
   * A file of a model.
   *
   * @param sha256 in hexadecimal digits
   * @param etag as the server stated it
   */
  public record StoredFile(
      Path path, long bytes, String sha256, Optional<String> etag, String uri) {}

  /** The file to load: the only one, or the first part. */
  public Path path() {
    return files.getFirst().path();
  }

  /** Size of all files. */
  public long bytes() {
    return files.stream().mapToLong(StoredFile::bytes).sum();
  }
}
