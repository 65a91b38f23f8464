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
 * Memory read bandwidth. It bounds decoding, since each token reads all active parameters once.
 * Immutable and thread-safe.
 *
 * @param bytesPerSecond bandwidth of the median pass
 * @param threads number of reading threads
 * @param bytes bytes read per pass; 0 if the bandwidth was given, not measured
 * @param passes number of measured passes
 */
public record MemoryBandwidth(long bytesPerSecond, int threads, long bytes, int passes) {
  /** Minimum duration of the measurement, with at least {@link #MIN_PASSES} passes. */
  private static final long MIN_DURATION_NANOS = 350_000_000L;

  private static final int MIN_PASSES = 3;
  private static final int MAX_PASSES = 100;

  /** Minimum bytes per pass; more if the last-level cache is large. */
  private static final long MIN_BYTES = 128L << 20;

  private static final long MAX_BYTES = 1L << 30;

  /** Bytes per pass as a multiple of the last-level cache. */
  private static final int CACHE_MULTIPLE = 4;

  /** The measurement uses at most available memory divided by this. */
  private static final int MEMORY_DIVISOR = 8;

  private static final Path CPU_CACHE_FOLDER = Path.of("/sys/devices/system/cpu/cpu0/cache");

  /** A given bandwidth. */
  public static MemoryBandwidth of(long bytesPerSecond) {
    return new MemoryBandwidth(bytesPerSecond, 0, 0, 0);
  }

  /**
   * Measures the bandwidth by reading memory for about half a second.
   *
   * @param threads 0 for one per physical core
   * @param availableBytes available memory, of which at most an eighth is used
   * @throws InvalidRequestException if the number of threads is out of range
   * @throws CancelledException if the calling thread is interrupted
   */
  public static MemoryBandwidth measure(int threads, long availableBytes) {
    Threads.check(threads, 0);
    Ggml.require();
    int count = threads == 0 ? KernelsLibrary.physicalCores() : threads;
    long bufferBytes = Math.clamp(CACHE_MULTIPLE * lastLevelCache(), MIN_BYTES, MAX_BYTES);
    long bytesPerThread =
        Math.max(1 << 20, Math.min(bufferBytes, availableBytes / MEMORY_DIVISOR) / count);
    bytesPerThread -= bytesPerThread % Long.BYTES;
    try (Arena arena = Arena.ofShared();
        ExecutorService pool =
            Executors.newFixedThreadPool(
                count, Thread.ofPlatform().daemon().name("myelin-bandwidth-", 0).factory())) {
      MemorySegment memory =
          arena.allocate(bytesPerThread * count, 64); // zeroed, so that its pages are committed
      List<Callable<Long>> pass = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        MemorySegment slice = memory.asSlice(i * bytesPerThread, bytesPerThread);
        pass.add(() -> KernelsLibrary.readMemory(slice));
      }
      long[] nanos = passes(pool, pass);
      Arrays.sort(nanos);
      double seconds = nanos[nanos.length / 2] / 1e9;
      return new MemoryBandwidth(
          (long) (bytesPerThread * count / seconds), count, bytesPerThread * count, nanos.length);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("interrupted while measuring memory bandwidth");
    }
  }

  private static long[] passes(ExecutorService pool, List<Callable<Long>> pass)
      throws InterruptedException {
    timePass(pool, pass); // starts the threads
    List<Long> nanos = new ArrayList<>();
    long start = System.nanoTime();
    while (nanos.size() < MAX_PASSES
        && (nanos.size() < MIN_PASSES || System.nanoTime() - start < MIN_DURATION_NANOS)) {
      nanos.add(timePass(pool, pass));
    }
    return nanos.stream().mapToLong(Long::longValue).toArray();
  }

  private static long timePass(ExecutorService pool, List<Callable<Long>> pass)
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

  /** Bytes of the largest CPU cache that the system reports; 0 if it reports none. */
  public static long lastLevelCache() {
    return lastLevelCache(CPU_CACHE_FOLDER);
  }

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
