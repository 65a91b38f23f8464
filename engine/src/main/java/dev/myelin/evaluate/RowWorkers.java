package dev.myelin.evaluate;

import dev.myelin.error.MyelinException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads that work on rows of logits. A softmax over a vocabulary costs some 6 ns a token on one
 * thread, 0.2 s for 255 rows of 128,256.
 */
final class RowWorkers implements AutoCloseable {
  /** Fewer tokens than this are done before other threads would have woken up. */
  private static final long WORTH_SHARING = 1 << 16;

  private final int vocabulary;
  private final Scratch[] scratch;
  private final ExecutorService pool;

  /** What a thread needs for a row. */
  static final class Scratch {
    private final int vocabulary;
    private final Distribution ours;
    private Distribution original;

    private Scratch(int vocabulary) {
      this.vocabulary = vocabulary;
      this.ours = new Distribution(vocabulary);
    }

    Distribution ours() {
      return ours;
    }

    Distribution original() {
      if (original == null) {
        original = new Distribution(vocabulary);
      }
      return original;
    }
  }

  /** Work on one row, in any order, on any thread. */
  @FunctionalInterface
  interface Task {
    void accept(int row, Scratch scratch);
  }

  RowWorkers(int threads, int vocabulary) {
    this.vocabulary = vocabulary;
    scratch = new Scratch[threads];
    pool =
        threads == 1
            ? null
            : Executors.newFixedThreadPool(
                threads - 1, Thread.ofPlatform().daemon().name("myelin-rows-", 0).factory());
  }

  /** Returns when all rows are done; what a task throws is thrown. */
  void forEach(int rows, Task task) {
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> others = new ArrayList<>();
    if (pool != null && (long) rows * vocabulary >= WORTH_SHARING) {
      for (int i = 1; i < Math.min(scratch.length, rows); i++) {
        int worker = i;
        others.add(pool.submit(() -> drain(next, rows, worker, task)));
      }
    }
    RuntimeException failure = null;
    try {
      drain(next, rows, 0, task);
    } catch (RuntimeException e) {
      failure = e;
    }
    // the logits must not be computed anew while another thread still reads them
    for (Future<?> other : others) {
      failure = await(other, failure);
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void drain(AtomicInteger next, int rows, int worker, Task task) {
    if (scratch[worker] == null) {
      scratch[worker] = new Scratch(vocabulary);
    }
    for (int row = next.getAndIncrement(); row < rows; row = next.getAndIncrement()) {
      task.accept(row, scratch[worker]);
    }
  }

  private static RuntimeException await(Future<?> other, RuntimeException failure) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          other.get();
          return failure;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          if (failure != null) {
            return failure;
          }
          return e.getCause() instanceof RuntimeException cause
              ? cause
              : new MyelinException("a row of logits: " + e.getCause(), e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.close();
    }
  }
}
