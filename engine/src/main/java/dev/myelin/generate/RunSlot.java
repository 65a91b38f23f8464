package dev.myelin.generate;

import dev.myelin.error.CancelledException;
import dev.myelin.error.IllegalUseException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Lets a session generate one text at a time, and any thread end it. Thread-safe. */
final class RunSlot {
  private final Session session;
  private @Nullable GenerationRun current;
  private @Nullable Thread owner; // of the steps; null between the steps of a stream
  private boolean cancelled;

  RunSlot(Session session) {
    this.session = session;
  }

  /**
   * Makes a run the current one. Ends a stream that is not at its end, and waits for a cancelled
   * run.
   *
   * @param thread the thread that takes all steps; null if {@link #enter} grants each step
   * @throws IllegalUseException if another text is in progress
   */
  synchronized void claim(GenerationRun run, @Nullable Thread thread) {
    requireIdle();
    current = run;
    owner = thread;
  }

  /** As {@link #claim}, without a run. */
  synchronized void requireIdle() {
    while (current != null) {
      if (owner == null) {
        cancel(current);
      } else if (owner == Thread.currentThread()) {
        throw new IllegalUseException("session: used by the sink of its own text");
      } else if (!cancelled) {
        throw new IllegalUseException(
            "session: thread " + owner.getName() + " generates a text with it");
      } else {
        awaitRelease();
      }
    }
  }

  private void awaitRelease() {
    try {
      wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("interrupted while a cancelled text ends");
    }
  }

  /** Before a step of a stream; false if the run has ended. */
  synchronized boolean enter(GenerationRun run) {
    if (run != current) {
      return false;
    }
    if (owner != null) {
      throw new IllegalUseException("stream: thread " + owner.getName() + " is reading it");
    }
    owner = Thread.currentThread();
    return true;
  }

  /** After a step of a stream. */
  synchronized void leave(GenerationRun run) {
    owner = null;
    if (cancelled) {
      cancel(run);
    }
  }

  /** After the last step, or an exception. */
  synchronized void release(GenerationRun run) {
    if (run == current) {
      current = null;
      owner = null;
      if (cancelled) {
        cancelled = false;
        session.resume();
      }
      notifyAll();
    }
  }

  /** Ends a run, if it is the current one: at once between two steps, else soon. */
  synchronized void cancel(GenerationRun run) {
    if (run == current) {
      if (owner == null) {
        try {
          run.cancelled();
        } finally {
          release(run);
        }
      } else if (!cancelled) {
        cancelled = true;
        session.cancel();
        LockSupport.unpark(owner); // it may wait for demand
      }
    }
  }

  /** Ends the current run, if there is one. */
  synchronized void cancel() {
    if (current != null) {
      cancel(current);
    }
  }

  /** Whether the current run computes in this thread, so that an interrupt ends it. */
  synchronized boolean isOwner() {
    return owner == Thread.currentThread();
  }

  synchronized boolean isCancelled(GenerationRun run) {
    return run != current || cancelled;
  }

  /**
   * Ends the current run and waits until it has.
   *
   * @throws IllegalUseException if this thread takes its steps
   */
  void end() {
    boolean interrupted = false;
    synchronized (this) {
      if (owner == Thread.currentThread()) {
        throw new IllegalUseException("session: cannot close, its own sink is running");
      }
      cancel();
      for (GenerationRun run = current; run != null && run == current; ) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true; // a step is short, and the session is in use until it ends
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
