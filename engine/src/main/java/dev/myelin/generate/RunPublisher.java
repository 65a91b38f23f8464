package dev.myelin.generate;

import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A text as a publisher. Each subscription generates a text in a thread of its own, which computes
 * on demand: nothing is generated ahead.
 */
final class RunPublisher implements Flow.Publisher<String> {
  private final RunSlot slot;
  private final Supplier<GenerationRun> runs;

  RunPublisher(RunSlot slot, Supplier<GenerationRun> runs) {
    this.slot = slot;
    this.runs = runs;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super String> subscriber) {
    new Subscription(Objects.requireNonNull(subscriber, "subscriber")).begin();
  }

  private final class Subscription implements Flow.Subscription {
    private final Flow.Subscriber<? super String> subscriber;
    private final GenerationRun run = runs.get();
    private final Thread thread = RunThread.of(this::generate);
    private final AtomicLong demand = new AtomicLong();
    private volatile boolean cancelled; // by the subscriber, who gets no further signal
    private volatile @Nullable Throwable error;

    Subscription(Flow.Subscriber<? super String> subscriber) {
      this.subscriber = subscriber;
    }

    void begin() {
      boolean started = false;
      try {
        slot.claim(run, thread);
      } catch (Throwable e) {
        error = e;
      }
      try {
        subscriber.onSubscribe(this);
        if (error == null) {
          thread.start();
          started = true;
        }
      } catch (OutOfMemoryError e) { // no more threads
        error = e;
      } finally {
        if (!started) {
          slot.release(run);
        }
      }
      if (!started) {
        signalEnd();
      }
    }

    @Override
    public void request(long n) {
      if (n <= 0) {
        error = new IllegalArgumentException("request(" + n + "): expected 1 or more");
        slot.cancel(run);
      } else {
        demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
        LockSupport.unpark(thread);
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
      slot.cancel(run);
    }

    private void generate() {
      try {
        for (String text = next(); text != null && !cancelled && error == null; text = next()) {
          subscriber.onNext(text);
        }
        run.cancelled(); // unless it has ended
      } catch (FailedRun e) {
        error = e.getCause();
      } finally {
        slot.release(run); // first: the subscriber may begin another text
      }
      signalEnd();
    }

    /** The next piece, or null at the end, which needs no demand. */
    private @Nullable String next() {
      while (run.hasMore() && demand.get() == 0 && !isCancelled()) {
        LockSupport.park(this);
      }
      try {
        if (isCancelled()) {
          run.cancelled();
          return null;
        }
        String text = run.next();
        if (text != null) {
          demand.updateAndGet(n -> n == Long.MAX_VALUE ? n : n - 1);
        }
        return text;
      } catch (Throwable e) {
        throw new FailedRun(e); // not to be confused with what the subscriber throws
      }
    }

    private boolean isCancelled() {
      return slot.isCancelled(run) || Thread.currentThread().isInterrupted();
    }

    private void signalEnd() {
      Throwable failure = error;
      if (cancelled) {
        return;
      }
      if (failure == null) {
        subscriber.onComplete();
      } else {
        subscriber.onError(failure);
      }
    }
  }

  private static final class FailedRun extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FailedRun(Throwable cause) {
      super(null, cause, false, false);
    }
  }
}
