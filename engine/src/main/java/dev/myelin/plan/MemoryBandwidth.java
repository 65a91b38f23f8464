package dev.myelin.plan;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.Ggml;
import dev.myelin.graph.Threads;
import dev.myelin.natives.CpuInfo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Memory read bandwidth. It bounds decoding, since each token reads all active parameters once.
 * Immutable and thread-safe.
 *
 * @param bytesPerSecond the best of a few measurements, as {@link MachinePeak#readBandwidth}
 * @param threads number of reading threads; 0 if the bandwidth was given, not measured
 * @param bytes bytes of memory that were read
 */
public record MemoryBandwidth(long bytesPerSecond, int threads, long bytes) {
  /** Bytes to read as a multiple of the last-level cache, in these bounds. */
  private static final int CACHE_MULTIPLE = 16;

  private static final long MIN_BYTES = 256L << 20;
  private static final long MAX_BYTES = 1L << 30;

  /** At most available memory divided by this. */
  private static final int MEMORY_DIVISOR = 8;

  private static final Path CPU_CACHE_FOLDER = Path.of("/sys/devices/system/cpu/cpu0/cache");

  /** A given bandwidth. */
  public static MemoryBandwidth of(long bytesPerSecond) {
    return new MemoryBandwidth(bytesPerSecond, 0, 0);
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
    int count = threads == 0 ? CpuInfo.physicalCores() : threads;
    try (Arena arena = Arena.ofShared();
        MachinePeak peak = new MachinePeak(count)) {
      List<MemorySegment> memory = peak.allocate(arena, bytesToRead(availableBytes));
      long bytes = memory.stream().mapToLong(MemorySegment::byteSize).sum();
      return new MemoryBandwidth((long) peak.readBandwidth(memory), count, bytes);
    }
  }

  /** Whether the bandwidth was measured, rather than given. */
  public boolean isMeasured() {
    return threads > 0;
  }

  /** How much memory a measurement reads: much more than the CPU caches hold. */
  public static long bytesToRead(long availableBytes) {
    long wanted = Math.clamp(CACHE_MULTIPLE * lastLevelCache(), MIN_BYTES, MAX_BYTES);
    return Math.min(wanted, availableBytes / MEMORY_DIVISOR);
  }

  /** Bytes of the largest CPU cache that the system reports; 0 if it reports none. */
  private static long lastLevelCache() {
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
