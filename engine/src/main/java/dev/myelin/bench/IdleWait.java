package dev.myelin.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits until this process is idle: the workers of a thread pool spin for a while after their last
 * graph, and would slow down the next engine.
 */
final class IdleWait implements Runnable {
  private static final long INTERVAL_NANOS = 50_000_000;
  private static final long TIMEOUT_NANOS = 3_000_000_000L;

  /** CPU time per interval that counts as idle: one tick, the resolution of CPU time on Linux. */
  private static final long IDLE_CPU_NANOS = 10_000_000;

  private final OperatingSystemMXBean system =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  @Override
  public void run() {
    long end = System.nanoTime() + TIMEOUT_NANOS;
    long before = system.getProcessCpuTime();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(INTERVAL_NANOS);
      long now = system.getProcessCpuTime();
      if (now - before <= IDLE_CPU_NANOS) {
        return;
      }
      before = now;
    }
  }
}
