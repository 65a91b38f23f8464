package dev.myelin.bindings.loader;

import dev.myelin.bindings.kernels.Myelin_h;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Notices that a mapped file is changed. While it is open, what somebody cuts off the file reads as
 * zeros, where the process would end otherwise.
 */
public final class MappingWatch {
  private static final int ALREADY_CHANGED = -1;
  private static final int CLOSED = -2;

  private int watch;

  private MappingWatch(int watch) {
    this.watch = watch;
  }

  /**
   * Watches a mapping of a whole file; the native libraries are loaded for it.
   *
   * @param mapped holds the mapping, whose watch ends with it
   * @return empty where the system has no way to
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

  /**
   * An arena frees what it got last first: the watch ends after the last read, and before the
   * mapping.
   */
  private static MappingWatch closeWith(MappingWatch watch, Arena mapped) {
    try {
      MemorySegment.NULL.reinterpret(mapped, ignored -> watch.close());
      return watch;
    } catch (RuntimeException e) {
      watch.close();
      throw e;
    }
  }

  /** Whether the file was written to, or cut short, since; true stays true until the watch ends. */
  public synchronized boolean isChanged() {
    return watch == ALREADY_CHANGED
        || Myelin_h.myelin_mapping_check(watch) == Myelin_h.MYELIN_ERROR_CHANGED();
  }

  private synchronized void close() {
    Myelin_h.myelin_mapping_unwatch(watch);
    watch = CLOSED;
  }
}
