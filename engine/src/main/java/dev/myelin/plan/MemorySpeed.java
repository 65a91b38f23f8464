package dev.myelin.plan;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.Ggml;
import dev.myelin.graph.Threads;
import dev.myelin.natives.KernelsLibrary;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How fast memory is read: what bounds decoding, since each token reads all active parameters once.
 *
 * @param bytesPerSecond of the median pass
 * @param threads that read together
 * @param bytes read by a pass; 0 where the speed was not measured but said
 * @param passes how many were measured
 */
public record MemorySpeed(long bytesPerSecond, int threads, long bytes, int passes) {
  /** Passes go on for this long, but there are at least {@link #LEAST_PASSES}. */
  private static final long NANOS = 350_000_000L;

  private static final int LEAST_PASSES = 3;
  private static final int MOST_PASSES = 100;

  /** Read at least; more where the last-level cache is large. */
  private static final long LEAST_BYTES = 128L << 20;

  private static final long MOST_BYTES = 1L << 30;

  /** So many times what the last-level cache holds. */
  private static final int CACHES = 4;

  /** At most this part of the memory is taken for the measurement. */
  private static final int PART_OF_MEMORY = 8;

  private static final Path CPU_CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");

  /** A speed that is known. */
  public static MemorySpeed said(long bytesPerSecond) {
    return new MemorySpeed(bytesPerSecond, 0, 0, 0);
  }

  /**
   * Reads memory for about half a second.
   *
   * @param threads 0 for one a physical core
   * @param availableBytes memory that may be used; an eighth of it is enough
   * @throws InvalidRequestException for a number of threads out of range
   * @throws CancelledException if the calling thread is interrupted
   */
  public static MemorySpeed measure(int threads, long availableBytes) {
    Threads.check(threads, 0);
    Ggml.require();
    int count = threads == 0 ? KernelsLibrary.physicalCores() : threads;
    long wanted = Math.clamp(CACHES * lastLevelCache(CPU_CACHES), LEAST_BYTES, MOST_BYTES);
    long each = Math.max(1 << 20, Math.min(wanted, availableBytes / PART_OF_MEMORY) / count);
    each -= each % Long.BYTES;
    try (Arena arena = Arena.ofShared();
        ExecutorService pool = Executors.newFixedThreadPool(count)) {
      MemorySegment memory =
          arena.allocate(each * count, 64); // zeroed, so that its pages are there
      List<Callable<Long>> pass = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        MemorySegment slice = memory.asSlice(i * each, each);
        pass.add(() -> KernelsLibrary.readMemory(slice));
      }
      long[] nanos = passes(pool, pass);
      Arrays.sort(nanos);
      double seconds = nanos[nanos.length / 2] / 1e9;
      return new MemorySpeed((long) (each * count / seconds), count, each * count, nanos.length);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("interrupted while the memory is measured");
    }
  }

  private static long[] passes(ExecutorService pool, List<Callable<Long>> pass)
      throws InterruptedException {
    once(pool, pass); // starts the threads
    List<Long> nanos = new ArrayList<>();
    long start = System.nanoTime();
    while (nanos.size() < MOST_PASSES
        && (nanos.size() < LEAST_PASSES || System.nanoTime() - start < NANOS)) {
      nanos.add(once(pool, pass));
    }
    return nanos.stream().mapToLong(Long::longValue).toArray();
  }

  private static long once(ExecutorService pool, List<Callable<Long>> pass)
      throws InterruptedException {
    long start = System.nanoTime();
    for (Future<Long> part : pool.invokeAll(pass)) {
      try {
        part.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }
    return Math.max(1, System.nanoTime() - start);
  }

  /** Bytes of the largest cache that the system tells of; 0 where it tells of none. */
  static long lastLevelCache(Path folder) {
    long largest = 0;
    for (int i = 0; i < 8; i++) {
      try {
        String size = Files.readString(folder.resolve("index" + i).resolve("size")).strip();
        if (size.matches("\\d{1,9}K")) {
          largest = Math.max(largest, Long.parseLong(size.substring(0, size.length() - 1)) << 10);
        }
      } catch (IOException e) {
        return largest;
      }
    }
    return largest;
  }
}
