package dev.myelin.bindings;

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
public final class MappingWatch implements AutoCloseable {
  private static final int NOT_THE_SAME = -1;

  private int watch;

  private MappingWatch(int watch) {
    this.watch = watch;
  }

  /**
   * Watches a mapping of a whole file; the native libraries are loaded for it.
   *
   * @return empty where the system has no way to
   */
  public static Optional<MappingWatch> of(Path file, MemorySegment mapping) {
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
        return Optional.of(new MappingWatch(watch.get(ValueLayout.JAVA_INT, 0)));
      }
      return status == Myelin_h.MYELIN_ERROR_CHANGED()
          ? Optional.of(new MappingWatch(NOT_THE_SAME))
          : Optional.empty();
    }
  }

  /** Whether the file was written to, or cut short, since; true stays true. */
  public boolean isChanged() {
    return watch == NOT_THE_SAME
        || Myelin_h.myelin_mapping_check(watch) == Myelin_h.MYELIN_ERROR_CHANGED();
  }

  /** Ends the watch, before the mapping ends. */
  @Override
  public void close() {
    if (watch != NOT_THE_SAME) {
      Myelin_h.myelin_mapping_unwatch(watch);
      watch = NOT_THE_SAME;
    }
  }
}
