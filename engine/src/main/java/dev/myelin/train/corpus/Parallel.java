package dev.myelin.train.corpus;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/** Work in parts that do not depend on each other, on threads of its own. */
public final class Parallel {
  private Parallel() {}

  /**
   * The results for 0 to count-1, in that order, whatever the number of threads.
   *
   * @param threads 1 or more; with 1, the calling thread works
   * @throws CancelledException if the calling thread is interrupted
   */
  public static <T> List<T> map(int count, int threads, IntFunction<T> work) {
    if (threads < 1) {
      throw new InvalidRequestException("threads = " + threads + ": expected 1 or more");
    }
    List<T> results = new ArrayList<>(count);
    if (threads == 1 || count <= 1) {
      for (int i = 0; i < count; i++) {
        results.add(work.apply(i));
      }
      return results;
    }
    ExecutorService pool = Executors.newFixedThreadPool(Math.min(threads, count));
    try {
      List<Future<T>> futures = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        int part = i;
        futures.add(pool.submit(() -> work.apply(part)));
      }
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("interrupted while reading text");
    } finally {
      pool.shutdownNow();
      pool.close();
    }
  }
}
