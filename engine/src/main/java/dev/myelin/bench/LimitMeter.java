package dev.myelin.bench;

import dev.myelin.plan.MachineMemory;
import dev.myelin.plan.MemoryBandwidth;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Measures what the machine can do between the turns of a test, while the engines are idle. Not
 * thread-safe.
 */
final class LimitMeter implements AutoCloseable {
  /** Bytes to read as a multiple of the last-level cache, in these bounds. */
  private static final int CACHE_MULTIPLE = 16;

  private static final long MIN_BYTES = 256L << 20;
  private static final long MAX_BYTES = 1L << 30;

  /** At most available memory divided by this. */
  private static final int MEMORY_DIVISOR = 8;

  private final ModelWork work;
  private final MachinePeak peak;
  private final Arena arena = Arena.ofShared();
  private @Nullable List<MemorySegment> memory;
  private BenchSpec test;
  private LimitLog log;

  /**
   * @param threads those of the engines
   */
  LimitMeter(ModelWork work, int threads) {
    this.work = work;
    peak = new MachinePeak(threads);
  }

  /** Begins a test. */
  void start(BenchSpec test) {
    this.test = test;
    log = new LimitLog(System::nanoTime);
  }

  /** Measures before a turn, and after the last one. */
  void measure() {
    log.add(this::limits);
  }

  /** The limits that matter for the test: of operations, of memory, or both. */
  MachineLimits limits() {
    return new MachineLimits(
        test.generated() > 0 ? peak.readBandwidth(memory()) : 0,
        test.prompt() > 0 ? peak.int8Ops() : 0,
        test.prompt() > 0 ? peak.f32Ops() : 0);
  }

  /** The result of an engine's repetitions of the test. */
  LimitShare share(List<Interval> repetitions) {
    return LimitShare.of(work, test, repetitions, log);
  }

  private List<MemorySegment> memory() {
    if (memory == null) {
      long wanted =
          Math.clamp(CACHE_MULTIPLE * MemoryBandwidth.lastLevelCache(), MIN_BYTES, MAX_BYTES);
      long available = MachineMemory.current().availableBytes() / MEMORY_DIVISOR;
      memory = peak.allocate(arena, Math.min(wanted, available));
    }
    return memory;
  }

  @Override
  public void close() {
    peak.close();
    arena.close();
  }
}
