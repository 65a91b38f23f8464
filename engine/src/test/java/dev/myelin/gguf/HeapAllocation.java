package dev.myelin.gguf;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** How much heap a piece of work allocates on its thread. */
final class HeapAllocation {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private HeapAllocation() {}

  static long measure(Runnable work) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  /**
   * Whether the work, which can be repeated, allocates more than the limit; the first time may load
   * classes, so the second one tells.
   */
  static boolean exceeds(long limit, Runnable work) {
    return measure(work) > limit && measure(work) > limit;
  }

  /**
   * What opening a file may allocate: a fixed part, and for each byte of it what the smallest key
   * or tensor costs in objects (its 14 or 25 bytes become some 300).
   */
  static long limit(long fileBytes) {
    return 64 * 1024 + 32 * fileBytes;
  }
}
