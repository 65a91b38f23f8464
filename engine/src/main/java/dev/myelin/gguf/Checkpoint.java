package dev.myelin.gguf;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where a checkpoint is. */
public sealed interface Checkpoint {

  /** In a GGUF file; of a split checkpoint, any part. */
  static Checkpoint of(Path file) {
    return new FileCheckpoint(file);
  }

  /**
   * In a GGUF file that is read into memory each time it is opened, not mapped: it may change or go
   * away afterwards.
   */
  static Checkpoint copyOf(Path file) {
    return new CopiedFileCheckpoint(file);
  }

  /**
   * In memory, on the heap or off it, such as the bytes of a resource of a jar. They are read each
   * time the checkpoint is opened, into memory of its own, and may change or go away afterwards.
   *
   * @param name stands for a file's in messages, {@code the bundled checkpoint} for example
   */
  static Checkpoint of(String name, MemorySegment bytes) {
    return new MemoryCheckpoint(Path.of(name), bytes);
  }

  /** The file as it was named, or the name that stands for one. */
  Path path();

  /** The file, empty where there is none. */
  Optional<Path> file();

  /** The same, but read into memory where it is a file. */
  default Checkpoint readIntoMemory() {
    return file().map(Checkpoint::copyOf).orElse(this);
  }

  /** The files that are there: all parts of a split checkpoint, by their names. */
  default List<Path> files() {
    return file().map(PartReader::findByName).orElse(List.of());
  }

  /**
   * Opens and checks it.
   *
   * @throws dev.myelin.error.ModelFileException naming what is wrong with it
   */
  GgufFile open();

  /** A file. */
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

  /** Bytes. */
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
