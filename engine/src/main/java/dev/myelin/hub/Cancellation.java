package dev.myelin.hub;

import dev.myelin.error.CancelledException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Stops downloads from any thread. Connections are closed, not interrupted: an interrupt would also
 * close the file.
 */
final class Cancellation {
  private final CountDownLatch cancelled = new CountDownLatch(1);
  private final Set<Runnable> actions = ConcurrentHashMap.newKeySet();

  void cancel() {
    cancelled.countDown();
    actions.forEach(Runnable::run);
  }

  boolean isCancelled() {
    return cancelled.getCount() == 0;
  }

  /**
   * @throws CancelledException after {@link #cancel}
   */
  void check() {
    if (isCancelled()) {
      throw new CancelledException("download interrupted");
    }
  }

  /** Runs the action when cancelled, at once if that is the case already. */
  void add(Runnable action) {
    actions.add(action);
    if (isCancelled()) {
      action.run();
    }
  }

  void remove(Runnable action) {
    actions.remove(action);
  }

  /**
   * Waits.
   *
   * @throws CancelledException if cancelled or interrupted meanwhile
   */
  void sleep(Duration duration) {
    try {
      cancelled.await(duration.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("download interrupted");
    }
    check();
  }
}
