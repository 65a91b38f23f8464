package dev.myelin.evaluate;

import dev.myelin.concurrent.WorkerPool;
import org.jspecify.annotations.Nullable;

/**
 * Threads that work on rows of logits. A softmax over a vocabulary costs some 6 ns a token on one
 * thread, 0.2 s for 255 rows of 128,256.
 */
final class RowWorkers implements AutoCloseable {
  /** Fewer logits are done before other threads wake up. */
  private static final long MIN_SHARED_LOGITS = 1 << 16;

  private final int vocabulary;
  private final Scratch[] scratch;
  private final WorkerPool pool;

  /** What a thread needs for a row. */
  static final class Scratch {
    private final int vocabulary;
    private final Distribution ours;
    private @Nullable Distribution original;

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
    pool = new WorkerPool("logits", threads);
  }

  /** Returns when all rows are done; what a task throws is thrown. */
  void forEach(int rows, Task task) {
    if ((long) rows * vocabulary >= MIN_SHARED_LOGITS) {
      pool.forEach(rows, (row, worker) -> task.accept((int) row, scratch(worker)));
    } else {
      for (int row = 0; row < rows; row++) {
        task.accept(row, scratch(0));
      }
    }
  }

  private Scratch scratch(int worker) {
    if (scratch[worker] == null) {
      scratch[worker] = new Scratch(vocabulary);
    }
    return scratch[worker];
  }

  @Override
  public void close() {
    pool.close();
  }
}
