package dev.myelin.hub;

import java.util.List;

/**
 * A model on a server. Immutable and thread-safe.
 *
 * @param name with the tag that was chosen
 * @param names further names by which it was asked for
 * @param origin the address of the repository, for display
 * @param revision of the repository, empty if unknown
 * @param files one, or all parts of a split checkpoint in order
 */
public record RemoteModel(
    ModelName name, List<ModelName> names, String origin, String revision, List<RemoteFile> files) {
  public RemoteModel {
    names = List.copyOf(names);
    files = List.copyOf(files);
  }

  /** Size of all files. */
  public long bytes() {
    return files.stream().mapToLong(RemoteFile::bytes).sum();
  }
}
