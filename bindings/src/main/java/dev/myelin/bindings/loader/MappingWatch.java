package dev.myelin.bindings.loader;

import dev.myelin.bindings.kernels.Myelin_h;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Detects changes of a mapped file. While the watch is open, truncated pages read as zeros; without
 * it the process would end.
 */
public final class MappingWatch {
  private static final int ALREADY_CHANGED = -1;
  private static final int CLOSED = -2;

  private int watch;

  private MappingWatch(int watch) {
    this.watch = watch;
  }

  /**
   * Watches a mapping of a whole file. Loads the native libraries.
   *
   * @param mapped the arena of the mapping; closing it ends the watch
   * @return empty if the system does not support it
   */
  public static Optional<MappingWatch> of(Path file, MemorySegment mapping, Arena mapped) {
    NativeLibraries.load();
    if (mapping.byteSize() == 0) {
      return Optional.empty();
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment watch = arena.allocate(ValueLayout.JAVA_INT);
      int status =
          Myelin_h.myelin_mapping_watch(
              arena.allocateFrom(file.toAbsolutePath().toString()),
              mapping,
              mapping.byteSize(),
              watch);
      if (status == Myelin_h.MYELIN_OK()) {
        return Optional.of(closeWith(new MappingWatch(watch.get(ValueLayout.JAVA_INT, 0)), mapped));
      }
      return status == Myelin_h.MYELIN_ERROR_CHANGED()
          ? Optional.of(new MappingWatch(ALREADY_CHANGED))
          : Optional.empty();
    }
  }

  /** An arena frees in reverse order: the watch ends after the last read and before the mapping. */
  private static MappingWatch closeWith(MappingWatch watch, Arena mapped) {
    try {
      MemorySegment.NULL.reinterpret(mapped, ignored -> watch.close());
      return watch;
    } catch (RuntimeException e) {
      watch.close();
      throw e;
    }
  }

  /** Whether the file was written to or truncated since; once true, it stays true until the end. */
  public synchronized boolean isChanged() {
    return watch == ALREADY_CHANGED
        || Myelin_h.myelin_mapping_check(watch) == Myelin_h.MYELIN_ERROR_CHANGED();
  }

  /**
   * Keeps about so many bytes of the mapping in memory: see {@code myelin_mapping_keep}.
   *
   * @return whether the system supports it
   */
  public synchronized boolean keep(long bytes) {
    return watch >= 0 && Myelin_h.myelin_mapping_keep(watch, bytes) == Myelin_h.MYELIN_OK();
  }

  private synchronized void close() {
    Myelin_h.myelin_mapping_unwatch(watch);
    watch = CLOSED;
  }
}
