package dev.myelin.graph;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.error.InvalidRequestException;

/**
 * How many threads compute together. The threads of a graph wait for each other by spinning: one
 * more than there are cores costs far more than it gives (on two cores 300 times the time with
 * three), so no more run than there are cores, unless that is forced.
 */
public final class Threads {
  /** What {@link Backend} can start. */
  public static final int MOST = Backend.MAX_THREADS;

  private Threads() {}

  /**
   * Logical cores this process may use, at least 1: its CPU affinity and the CPU quota of its
   * container count, as far as the JVM sees them.
   */
  public static int cores() {
    return Runtime.getRuntime().availableProcessors();
  }

  /**
   * Checks a number that somebody asks for.
   *
   * @param least 0 where that means one a physical core, else 1
   * @throws InvalidRequestException unless it is {@code least} to {@value #MOST}
   */
  public static void check(int threads, int least) {
    if (threads < least || threads > MOST) {
      throw new InvalidRequestException(
          "threads = %s: expected %s to %s; this process may use %s %s"
              .formatted(threads, least, MOST, cores(), cores() == 1 ? "core" : "cores"));
    }
  }

  /**
   * How many compute where so many are asked for.
   *
   * @param asked 0 for one a physical core
   * @param forced whether more than there are cores are wanted all the same
   */
  public static int used(int asked, boolean forced) {
    if (asked == 0) {
      return KernelsLibrary.physicalCores();
    }
    return forced ? asked : Math.min(asked, cores());
  }
}
