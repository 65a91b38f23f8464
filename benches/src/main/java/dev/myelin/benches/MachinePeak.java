package dev.myelin.benches;

import dev.myelin.natives.KernelsLibrary;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongUnaryOperator;

/** Peak operations and bytes per second of a number of threads: the reference for kernels. */
final class MachinePeak implements AutoCloseable {
  private static final long ROUNDS = 100_000;
  private static final long DURATION_NANOS = 10_000_000;

  /** The maximum counts: other processes only lower it. */
  private static final int REPETITIONS = 3;

  private final int threads;
  private final ExecutorService pool;

  MachinePeak(int threads) {
    this.threads = threads;
    this.pool = Executors.newFixedThreadPool(threads);
  }

  /** Work of one thread; returns the operations or bytes done. */
  private interface Work {
    double run(int thread);
  }

  /** int8 operations per second; a multiply-add counts as two. */
  double int8Ops() {
    return operations(KernelsLibrary::int8Ops);
  }

  /** f32 operations per second; a multiply-add counts as two. */
  double f32Flops() {
    return operations(KernelsLibrary::fmaFlops);
  }

  private double operations(LongUnaryOperator ofRounds) {
    return best(
        thread -> {
          double done = 0;
          for (long start = System.nanoTime(); System.nanoTime() - start < DURATION_NANOS; ) {
            done += ofRounds.applyAsLong(ROUNDS);
          }
          return done;
        });
  }

  /** Bytes read per second; each thread reads every n-th segment, all segments once. */
  double readBandwidth(List<MemorySegment> memory) {
    return best(
        thread -> {
          double bytes = 0;
          for (int i = thread; i < memory.size(); i += threads) {
            KernelsLibrary.readMemory(memory.get(i));
            bytes += memory.get(i).byteSize();
          }
          return bytes;
        });
  }

  private double best(Work work) {
    double best = 0;
    for (int i = 0; i < REPETITIONS; i++) {
      best = Math.max(best, runOnAllThreads(work));
    }
    return best;
  }

  private double runOnAllThreads(Work work) {
    CyclicBarrier start = new CyclicBarrier(threads);
    List<Callable<Double>> tasks = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int thread = i;
      tasks.add(
          () -> {
            start.await();
            long begin = System.nanoTime();
            double done = work.run(thread);
            return done / ((System.nanoTime() - begin) * 1e-9);
          });
    }
    try {
      double sum = 0;
      for (Future<Double> speed : pool.invokeAll(tasks)) {
        sum += speed.get();
      }
      return sum;
    } catch (Exception e) {
      throw new IllegalStateException("measuring the machine's peak", e);
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
