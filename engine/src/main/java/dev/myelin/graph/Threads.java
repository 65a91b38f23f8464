package dev.myelin.graph;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.natives.CpuInfo;

/**
 * Number of compute threads. More threads than cores gain nothing, and graphs that ggml spreads
 * over its own threads become very slow, because these spin while they wait for each other. The
 * number is therefore limited to the number of cores, unless forced. Thread-safe.
 */
public final class Threads {
  /** Maximum number of threads of a {@link Backend}. */
  public static final int MAX = Backend.MAX_THREADS;

  private Threads() {}

  /**
   * Logical cores this process may use, at least 1. CPU affinity and the container's CPU quota
   * count, as far as the JVM sees them.
   */
  public static int cores() {
    return Runtime.getRuntime().availableProcessors();
  }

  /**
   * Checks a requested number of threads.
   *
   * @param min 0 if 0 stands for one thread per physical core, else 1
   * @throws InvalidRequestException unless it is {@code least} to {@value #MAX}
   */
  public static void check(int threads, int min) {
    if (threads < min || threads > MAX) {
      throw new InvalidRequestException(
          "threads = %s: expected %s to %s; this process may use %s %s"
              .formatted(threads, min, MAX, cores(), cores() == 1 ? "core" : "cores"));
    }
  }

  /**
   * The number of threads that compute.
   *
   * @param requested 0 for one per physical core
   * @param forced whether the number may exceed the number of cores
   */
  public static int effective(int requested, boolean forced) {
    if (requested == 0) {
      return CpuInfo.physicalCores();
    }
    return forced ? requested : Math.min(requested, cores());
  }
}
