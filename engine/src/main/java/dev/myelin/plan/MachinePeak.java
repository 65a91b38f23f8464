package dev.myelin.plan;

import dev.myelin.error.CancelledException;
import dev.myelin.natives.CpuInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.function.LongUnaryOperator;

/**
 * Peak operations and bytes per second of a number of threads, with the instruction set in use: the
 * reference for kernels. Not thread-safe.
 */
public final class MachinePeak implements AutoCloseable {
  private static final long ROUNDS = 100_000;
  private static final long OPERATIONS_NANOS = 10_000_000;
  private static final long READ_NANOS = 50_000_000;

  /** Bytes between two looks at the clock. */
  private static final long SLICE_BYTES = 4 << 20;

  /** The maximum counts: other processes only lower it. */
  private static final int REPETITIONS = 3;

  private final int threads;
  private final ExecutorService pool;

  public MachinePeak(int threads) {
    this.threads = threads;
    this.pool =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("myelin-machine-peak-", 0).factory());
  }

  /** A part of the work of a thread; returns the operations or bytes done. */
  private interface Step {
    double run();
  }

  /** int8 operations per second; a multiply-add counts as two. */
  public double int8Ops() {
    return operations(CpuInfo::int8Ops);
  }

  /** f32 operations per second; a multiply-add counts as two. */
  public double f32Ops() {
    return operations(CpuInfo::fmaFlops);
  }

  private double operations(LongUnaryOperator ofRounds) {
    return best(OPERATIONS_NANOS, _ -> () -> ofRounds.applyAsLong(ROUNDS));
  }

  /**
   * Bytes read per second; each thread reads every n-th piece of the memory, again and again.
   *
   * @param memory more than the CPU caches hold
   */
  public double readBandwidth(List<MemorySegment> memory) {
    List<MemorySegment> slices = new ArrayList<>();
    for (MemorySegment segment : memory) {
      for (long at = 0; at < segment.byteSize(); at += SLICE_BYTES) {
        slices.add(segment.asSlice(at, Math.min(SLICE_BYTES, segment.byteSize() - at)));
      }
    }
    return best(READ_NANOS, thread -> reader(slices, thread));
  }

  private Step reader(List<MemorySegment> slices, int thread) {
    int[] next = {thread};
    return () -> {
      MemorySegment slice = slices.get(next[0] % slices.size());
      next[0] += threads;
      CpuInfo.readMemory(slice);
      return slice.byteSize();
    };
  }

  /** Allocates memory to read: each thread commits the pages of a part. */
  public List<MemorySegment> allocate(Arena arena, long bytes) {
    long part = Math.max(SLICE_BYTES, bytes / threads / SLICE_BYTES * SLICE_BYTES);
    List<MemorySegment> parts = onAllThreads(_ -> () -> arena.allocate(part, 64));
    List<MemorySegment> slices = new ArrayList<>(); // in turns, as they are read
    for (long at = 0; at < part; at += SLICE_BYTES) {
      for (MemorySegment segment : parts) {
        slices.add(segment.asSlice(at, SLICE_BYTES));
      }
    }
    return slices;
  }

  /** The most per second that all threads together do in a time. */
  private double best(long nanos, IntFunction<Step> ofThread) {
    double best = 0;
    for (int i = 0; i < REPETITIONS; i++) {
      CyclicBarrier start = new CyclicBarrier(threads);
      List<Double> rates =
          onAllThreads(
              thread -> {
                Step step = ofThread.apply(thread);
                return () -> {
                  start.await();
                  return rate(step, nanos);
                };
              });
      best = Math.max(best, rates.stream().mapToDouble(Double::doubleValue).sum());
    }
    return best;
  }

  private static double rate(Step step, long nanos) {
    double done = 0;
    long begin = System.nanoTime();
    long elapsed;
    do {
      done += step.run();
      elapsed = System.nanoTime() - begin;
    } while (elapsed < nanos);
    return done / (elapsed * 1e-9);
  }

  private <T> List<T> onAllThreads(IntFunction<Callable<T>> ofThread) {
    List<Callable<T>> tasks = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      tasks.add(ofThread.apply(i));
    }
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> result : pool.invokeAll(tasks)) {
        results.add(result.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new IllegalStateException("measuring the machine's peak", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("interrupted while measuring the machine's peak");
    }
  }

  /** Waits until no thread reads memory any more. */
  @Override
  public void close() {
    pool.shutdownNow();
    pool.close();
  }
}
