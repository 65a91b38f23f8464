package dev.myelin.generate;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Generates texts in threads of their own, one a text. */
final class RunThread {
  private static final AtomicLong NUMBER = new AtomicLong();

  private RunThread() {}

  /** Not a virtual thread: computing would occupy its carrier. */
  static Thread of(Runnable work) {
    return Thread.ofPlatform()
        .daemon()
        .name("myelin-generate-" + NUMBER.incrementAndGet())
        .unstarted(work);
  }

  /** Starts a run; a completed future, however it was completed, ends it. */
  static CompletableFuture<Generation> start(RunSlot slot, GenerationRun run, TextSink sink) {
    CompletableFuture<Generation> future = new CompletableFuture<>();
    Thread thread = of(() -> finish(slot, run, sink, future));
    try {
      slot.claim(run, thread);
      future.whenComplete((generation, error) -> slot.cancel(run));
      thread.start();
    } catch (Throwable e) {
      slot.release(run);
      future.completeExceptionally(e);
    }
    return future;
  }

  private static void finish(
      RunSlot slot, GenerationRun run, TextSink sink, CompletableFuture<Generation> future) {
    Generation generation = null;
    Throwable error = null;
    try {
      generation = run.finish(sink);
    } catch (Throwable e) {
      error = e;
    }
    slot.release(run); // first: what depends on the future may use the session
    complete(future, generation, error);
  }

  private static void complete(
      CompletableFuture<Generation> future,
      @Nullable Generation generation,
      @Nullable Throwable error) {
    if (error == null) {
      future.complete(generation);
    } else {
      future.completeExceptionally(error);
    }
  }
}
