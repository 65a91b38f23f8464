package dev.myelin.concurrent;

import dev.myelin.error.IllegalUseException;
import java.util.concurrent.Semaphore;

/**
 * Guards an object that one thread at a time may use. Nobody waits: a second use is an error of the
 * caller. Not reentrant, so that a callback cannot use the object from inside its computation.
 * Thread-safe.
 */
public final class ExclusiveUse implements AutoCloseable {
  private final Semaphore free = new Semaphore(1);

  /**
   * Begins a use, which {@link #close} ends.
   *
   * @param message of the exception
   * @throws IllegalUseException if the object is in use
   */
  public ExclusiveUse begin(String message) {
    if (!free.tryAcquire()) {
      throw new IllegalUseException(message);
    }
    return this;
  }

  /** Ends the use. */
  @Override
  public void close() {
    free.release();
  }
}
