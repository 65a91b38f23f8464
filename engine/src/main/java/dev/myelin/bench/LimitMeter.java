package dev.myelin.bench;

import dev.myelin.plan.MachineMemory;
import dev.myelin.plan.MachinePeak;
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
      long available = MachineMemory.current().availableBytes();
      memory = peak.allocate(arena, MemoryBandwidth.bytesToRead(available));
    }
    return memory;
  }

  @Override
  public void close() {
    peak.close();
    arena.close();
  }
}
