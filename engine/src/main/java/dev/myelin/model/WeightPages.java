package dev.myelin.model;

import dev.myelin.diagnostics.Log;
import dev.myelin.gguf.GgufFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.BooleanSupplier;

/** Which pages of a mapped file the system keeps in memory, and when it maps them. Thread-safe. */
final class WeightPages {
  /** What Linux maps at a page fault. */
  private static final int MAPPED_BYTES = 1 << 16;

  private static final int CHECKED_BYTES = 1 << 22;

  private final GgufFile file;
  private final boolean isDense;
  private boolean isLimited;
  private volatile int sumOfBytes;

  /**
   * @param isDense whether all weights are used for each token. Of experts, only some are: the page
   *     cache keeps the right ones
   */
  WeightPages(GgufFile file, boolean isDense) {
    this.file = file;
    this.isDense = isDense;
  }

  /** Keeps as much in memory as fits; called once, before the model is shared. */
  void limit() {
    long mapped = file.mappedBytes();
    if (mapped > 0 && isDense) {
      ResidentWeights.limit(mapped).ifPresent(this::keep);
    }
  }

  private void keep(long bytes) {
    isLimited = true;
    file.keepInMemory(bytes);
    if (Log.isWarning() && bytes < file.mappedBytes()) {
      Log.warning(
          "%s: %s of %s stay in memory, the rest is read again for each token"
              .formatted(file.path(), Log.megabytes(bytes), Log.megabytes(file.mappedBytes())));
    }
  }

  /** Whether {@link #map} has something to do. */
  boolean isMappable() {
    return !isLimited && isDense && file.isMapped();
  }

  /** Implements {@link Model#mapWeights}; the file stays open. */
  void map(BooleanSupplier isEnough) {
    int read = 0;
    try {
      for (MemorySegment part : file.parts()) {
        for (long at = 0; at < part.byteSize(); at += MAPPED_BYTES) {
          if (at % CHECKED_BYTES == 0 && isEnough.getAsBoolean()) {
            return;
          }
          read += part.get(ValueLayout.JAVA_BYTE, at);
        }
      }
    } catch (InternalError e) {
      // the file was truncated: who computes with the weights gets an exception
    }
    sumOfBytes = read; // or the compiler would leave out the loads
  }
}
