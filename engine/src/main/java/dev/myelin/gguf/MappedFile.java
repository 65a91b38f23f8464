package dev.myelin.gguf;

import dev.myelin.bindings.loader.MappingWatch;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.error.ModelFileException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A mapped file, and whether it was modified since. */
final class MappedFile {
  private final Path path;
  private final Arena arena;
  private final MemorySegment bytes;
  private @Nullable Optional<MappingWatch> watch;

  /**
   * Starts to watch the file if the native libraries are loaded.
   *
   * @param arena of the mapping; closing it ends the watch
   */
  MappedFile(Path path, MemorySegment bytes, Arena arena) {
    this.path = path;
    this.arena = arena;
    this.bytes = bytes;
    if (NativeLibraries.isLoaded()) {
      watch();
    }
  }

  /** Watches the file from now on. Loads the native libraries. */
  synchronized void watch() {
    if (watch == null) {
      watch = MappingWatch.of(path, bytes, arena);
    }
  }

  synchronized boolean isChanged() {
    return watch != null && watch.isPresent() && watch.get().isChanged();
  }

  long byteSize() {
    return bytes.byteSize();
  }

  /** Keeps about so many bytes in memory, where the system supports it. */
  synchronized void keep(long resident) {
    if (watch != null) {
      watch.ifPresent(w -> w.keep(resident));
    }
  }

  ModelFileException changedError() {
    return changedError(path);
  }

  static ModelFileException changedError(Path path) {
    return new ModelFileException(
        path,
        "changed since it was opened",
        "expected that it is neither written to nor truncated");
  }
}
