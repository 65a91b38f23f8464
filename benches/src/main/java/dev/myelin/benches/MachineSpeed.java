package dev.myelin.benches;

import dev.myelin.bindings.KernelsLibrary;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongUnaryOperator;

/** What so many threads do together at best, a second: what kernels are compared with. */
final class MachineSpeed implements AutoCloseable {
  private static final long ROUNDS = 100_000;
  private static final long NANOS = 10_000_000;

  /** The best of so many counts: what disturbs a measurement makes it lower only. */
  private static final int TIMES = 3;

  private final int threads;
  private final ExecutorService pool;

  MachineSpeed(int threads) {
    this.threads = threads;
    this.pool = Executors.newFixedThreadPool(threads);
  }

  /** A part of the work: what it has done, in any unit. */
  private interface Part {
    double run(int thread);
  }

  /** Operations on int8, a product and its sum count two. */
  double int8() {
    return operations(KernelsLibrary::int8Ops);
  }

  /** Operations on f32, a product and its sum count two. */
  double f32() {
    return operations(KernelsLibrary::fmaFlops);
  }

  private double operations(LongUnaryOperator ofRounds) {
    return best(
        thread -> {
          double done = 0;
          for (long start = System.nanoTime(); System.nanoTime() - start < NANOS; ) {
            done += ofRounds.applyAsLong(ROUNDS);
          }
          return done;
        });
  }

  /** Bytes read, every one of the segments once; the threads take turns at them. */
  double read(List<MemorySegment> memory) {
    return best(
        thread -> {
          double bytes = 0;
          for (int i = thread; i < memory.size(); i += threads) {
            KernelsLibrary.read(memory.get(i));
            bytes += memory.get(i).byteSize();
          }
          return bytes;
        });
  }

  private double best(Part part) {
    double best = 0;
    for (int i = 0; i < TIMES; i++) {
      best = Math.max(best, together(part));
    }
    return best;
  }

  private double together(Part part) {
    CyclicBarrier start = new CyclicBarrier(threads);
    List<Callable<Double>> parts = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int thread = i;
      parts.add(
          () -> {
            start.await();
            long begin = System.nanoTime();
            double done = part.run(thread);
            return done / ((System.nanoTime() - begin) * 1e-9);
          });
    }
    try {
      double sum = 0;
      for (Future<Double> speed : pool.invokeAll(parts)) {
        sum += speed.get();
      }
      return sum;
    } catch (Exception e) {
      throw new IllegalStateException("the machine's speed", e);
    }
  }

  @Override
  public void close() {
    pool.shutdownNow();
  }
}
