package dev.myelin.concurrent;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/**
 * Threads that share the items of a loop: each takes the next item as soon as it is free. The
 * calling thread is one of the workers. Used by one thread at a time.
 */
public final class WorkerPool implements AutoCloseable {
  private final int threads;
  private final ExecutorService others;

  /** Work on one item, in any order, on any worker. */
  @FunctionalInterface
  public interface Task<E extends Exception> {
    /**
     * @param worker 0 for the calling thread, less than {@link #threads}; one worker does one item
     *     at a time, so it may index buffers
     */
    void run(long item, int worker) throws E;
  }

  /**
   * @param name of the threads, after {@code myelin-}; they are numbered
   * @param threads the calling thread included
   * @throws InvalidRequestException if {@code threads} is less than 1
   */
  public WorkerPool(String name, int threads) {
    if (threads < 1) {
      throw new InvalidRequestException("threads = " + threads + ": expected 1 or more");
    }
    this.threads = threads;
    others =
        threads == 1
            ? null
            : Executors.newFixedThreadPool(
                threads - 1,
                Thread.ofPlatform().daemon().name("myelin-" + name + "-", 1).factory());
  }

  public int threads() {
    return threads;
  }

  /**
   * Runs items 0 to {@code count} - 1. After a failure no further item begins. Returns or throws
   * when no worker runs any more, even if the calling thread is interrupted: buffers may be freed
   * then.
   *
   * @param afterItem called by the calling thread after each of its own items
   * @throws E the first failure
   */
  public <E extends Exception> void forEach(long count, Task<E> task, Runnable afterItem) throws E {
    AtomicLong next = new AtomicLong();
    List<Future<?>> running = new ArrayList<>();
    for (int i = 1; i < threads && i < count; i++) {
      int worker = i;
      running.add(
          others.submit(
              () -> {
                drain(next, count, task, worker, () -> {});
                return null;
              }));
    }
    Throwable failure = null;
    try {
      drain(next, count, task, 0, afterItem);
    } catch (Throwable e) {
      failure = e;
    }
    for (Future<?> future : running) {
      Throwable other = failureOf(future);
      failure = failure == null ? other : failure;
    }
    if (failure != null) {
      throw WorkerPool.<E>unchecked(failure);
    }
  }

  /** The same without a callback. */
  public <E extends Exception> void forEach(long count, Task<E> task) throws E {
    forEach(count, task, () -> {});
  }

  /**
   * Maps 0 to {@code count} - 1 on threads of its own. The result does not depend on their number.
   *
   * @param completed called by the calling thread with the number of items completed, which grows
   *     to {@code count}
   * @throws CancelledException if the calling thread is interrupted
   */
  public static <T> List<T> map(
      String name, int count, int threads, IntFunction<T> function, IntConsumer completed) {
    Object[] results = new Object[count];
    AtomicInteger done = new AtomicInteger();
    int[] reported = {0};
    try (WorkerPool pool = new WorkerPool(name, threads)) {
      pool.forEach(
          count,
          (item, _) -> {
            results[(int) item] = function.apply((int) item);
            done.incrementAndGet();
          },
          () -> {
            if (Thread.currentThread().isInterrupted()) {
              throw new CancelledException("interrupted: " + name);
            }
            reported[0] = done.get();
            completed.accept(reported[0]);
          });
    }
    if (reported[0] < count) {
      completed.accept(count);
    }
    @SuppressWarnings("unchecked") // only filled above
    List<T> list = (List<T>) Arrays.asList(results);
    return list;
  }

  private static <E extends Exception> void drain(
      AtomicLong next, long count, Task<E> task, int worker, Runnable afterItem) throws E {
    try {
      for (long i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
        task.run(i, worker);
        afterItem.run();
      }
    } catch (Throwable e) {
      next.set(count); // the other workers stop too
      throw e;
    }
  }

  /** Waits for a worker; null if it did not fail. */
  private static Throwable failureOf(Future<?> future) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          future.get();
          return null;
        } catch (InterruptedException e) {
          interrupted = true; // its buffers are in use until it ends
        } catch (ExecutionException e) {
          return e.getCause();
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Throws it whatever it is: a task throws E, a RuntimeException or an Error. */
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> E unchecked(Throwable failure) throws E {
    throw (E) failure;
  }

  @Override
  public void close() {
    if (others != null) {
      others.shutdown();
    }
  }
}
