package dev.myelin.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits until this process computes nothing: workers of a thread pool spin for a while after their
 * last graph, and would take their share of the cores from the next engine's turn.
 */
final class Rest implements Runnable {
  private static final long STEP = 50_000_000;
  private static final long LONGEST = 3_000_000_000L;

  /** One tick of the clock that Linux counts processor time with: less cannot be told. */
  private static final long BUSY = 10_000_000;

  private final OperatingSystemMXBean system =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  @Override
  public void run() {
    long end = System.nanoTime() + LONGEST;
    long before = system.getProcessCpuTime();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(STEP);
      long now = system.getProcessCpuTime();
      if (now - before <= BUSY) {
        return;
      }
      before = now;
    }
  }
}
