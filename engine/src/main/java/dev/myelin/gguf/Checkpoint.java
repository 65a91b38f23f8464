package dev.myelin.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The location of a checkpoint: a file or memory. Immutable and thread-safe. */
public sealed interface Checkpoint {

  /** A GGUF file. For a split checkpoint, any of its parts. */
  static Checkpoint of(Path file) {
    return new FileCheckpoint(file);
  }

  /**
   * A GGUF file that is read into memory each time it is opened, instead of mapped. It may change
   * or be deleted afterwards.
   */
  static Checkpoint copyOf(Path file) {
    return new CopiedFileCheckpoint(file);
  }

  /**
   * Bytes in heap or native memory, such as a resource of a jar. They are copied each time the
   * checkpoint is opened, and may change or be freed afterwards.
   *
   * @param name the name used in messages, for example {@code the bundled checkpoint}
   */
  static Checkpoint of(String name, MemorySegment bytes) {
    return new MemoryCheckpoint(Path.of(name), bytes);
  }

  /** The path of the file as given, or the name of the bytes. */
  Path path();

  /** The file, or empty for bytes in memory. */
  Optional<Path> file();

  /** The same checkpoint. If it is a file, it is read into memory instead of mapped. */
  default Checkpoint readIntoMemory() {
    return file().map(Checkpoint::copyOf).orElse(this);
  }

  /** The existing files: all parts of a split checkpoint, found by their names. */
  default List<Path> files() {
    return file().map(PartReader::findByName).orElse(List.of());
  }

  /**
   * Opens the checkpoint and validates it.
   *
   * @throws dev.myelin.error.ModelFileException if it is invalid; the message names the problem
   */
  GgufFile open();

  /** A file that is mapped. */
  record FileCheckpoint(Path path) implements Checkpoint {
    @Override
    public Optional<Path> file() {
      return Optional.of(path);
    }

    @Override
    public GgufFile open() {
      return GgufFile.open(path);
    }
  }

  /** A file that is read into memory. */
  record CopiedFileCheckpoint(Path path) implements Checkpoint {
    @Override
    public Optional<Path> file() {
      return Optional.of(path);
    }

    @Override
    public GgufFile open() {
      return GgufFile.read(path);
    }
  }

  /** Bytes in memory. */
  record MemoryCheckpoint(Path path, MemorySegment bytes) implements Checkpoint {
    @Override
    public Optional<Path> file() {
      return Optional.empty();
    }

    @Override
    public GgufFile open() {
      return GgufFile.copyOf(path, bytes);
    }
  }
}
