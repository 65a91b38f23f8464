package dev.myelin.gguf;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures the heap memory that a task allocates on its thread. */
final class HeapAllocation {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private HeapAllocation() {}

  static long measure(Runnable work) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  /**
   * Whether a task allocates more than the limit. It is run again if it does: the first run may
   * load classes.
   */
  static boolean exceeds(long limit, Runnable work) {
    return measure(work) > limit && measure(work) > limit;
  }

  /**
   * The limit for opening a file: a fixed part, and a part for each byte of the file. The smallest
   * key or tensor takes 14 or 25 bytes in the file and about 300 on the heap.
   */
  static long limit(long fileBytes) {
    return 64 * 1024 + 32 * fileBytes;
  }
}
