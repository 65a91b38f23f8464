package dev.myelin.quantize;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Threads that take pieces of work one after the other, each with buffers of its own. */
final class Workers implements AutoCloseable {
  /** What a thread converts in: the bytes read, their floats, the bytes to write. */
  static final class Buffers {
    private final Arena arena;
    private MemorySegment in = MemorySegment.NULL;
    private MemorySegment floats = MemorySegment.NULL;
    private MemorySegment out = MemorySegment.NULL;

    private final MemorySegment scratch;

    private Buffers(Arena arena) {
      this.arena = arena;
      this.scratch = arena.allocate(ValueLayout.JAVA_LONG);
    }

    /** Eight bytes for a native function's answer. */
    MemorySegment scratch() {
      return scratch;
    }

    MemorySegment in(long bytes) {
      in = grown(in, bytes);
      return in.asSlice(0, bytes);
    }

    MemorySegment floats(long elements) {
      floats = grown(floats, elements * Float.BYTES);
      return floats.asSlice(0, elements * Float.BYTES);
    }

    MemorySegment out(long bytes) {
      out = grown(out, bytes);
      return out.asSlice(0, bytes);
    }

    private MemorySegment grown(MemorySegment buffer, long bytes) {
      return buffer.byteSize() >= bytes ? buffer : arena.allocate(bytes, 64);
    }
  }

  /** Does one piece. */
  interface Work {
    void piece(long index, Buffers buffers) throws IOException;
  }

  private final Arena arena = Arena.ofShared();
  private final List<Buffers> buffers = new ArrayList<>();
  private final ExecutorService others;

  /**
   * @param threads the caller's included
   */
  Workers(int threads) {
    for (int i = 0; i < threads; i++) {
      buffers.add(new Buffers(arena));
    }
    others =
        threads == 1
            ? null
            : Executors.newFixedThreadPool(
                threads - 1, Thread.ofPlatform().daemon().name("quantize-", 1).factory());
  }

  /**
   * Does pieces 0 to {@code count} - 1 and returns when all are done; after a failure the rest are
   * left, and the first failure is thrown.
   *
   * @param between called by this thread after each of its pieces
   */
  void run(long count, Work work, Runnable between) throws IOException {
    AtomicLong next = new AtomicLong();
    List<Future<?>> running = new ArrayList<>();
    for (int i = 1; i < buffers.size() && i < count; i++) {
      Buffers own = buffers.get(i);
      running.add(
          others.submit(
              () -> {
                take(next, count, work, own, () -> {});
                return null;
              }));
    }
    Throwable failure = null;
    try {
      take(next, count, work, buffers.getFirst(), between);
    } catch (Throwable e) {
      failure = e;
    }
    for (Future<?> future : running) {
      failure = first(failure, outcome(future));
    }
    rethrow(failure);
  }

  private static void take(AtomicLong next, long count, Work work, Buffers buffers, Runnable after)
      throws IOException {
    try {
      for (long i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
        work.piece(i, buffers);
        after.run();
      }
    } catch (Throwable e) {
      next.set(count); // the others stop too
      throw e;
    }
  }

  private static Throwable outcome(Future<?> future) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          future.get();
          return null;
        } catch (InterruptedException e) {
          interrupted = true; // the buffers are in use until it ends
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

  private static Throwable first(Throwable one, Throwable other) {
    return one == null ? other : one;
  }

  private static void rethrow(Throwable failure) throws IOException {
    switch (failure) {
      case null -> {}
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }

  @Override
  public void close() {
    if (others != null) {
      others.shutdown();
    }
    arena.close();
  }
}
