package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.loader.MyelinLibrary;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The CPU backend: computes graphs. It has one owner and computes one graph at a time. All backends
 * of the process share its threads: one of them computes at a time, and the others wait for their
 * turn. Those with a single thread compute at the same time, as many as there are cores. Only
 * {@link #cancel}, {@link #resume} and {@link #isCancelled} are thread-safe.
 */
public final class Backend implements AutoCloseable {
  /** ggml's limit, GGML_MAX_N_THREADS. */
  public static final int MAX_THREADS = 512;

  private static final VarHandle INT_HANDLE = ValueLayout.JAVA_INT.varHandle();

  /** Of the queue: computations with one thread that run at the same time. */
  static final int CAPACITY = Threads.cores();

  static final ComputeQueue QUEUE = new ComputeQueue(CAPACITY);

  /** How many backends with more than one thread are open. */
  private static final AtomicInteger OPEN = new AtomicInteger();

  // freed by the garbage collector, so that cancelling a closed backend is safe
  private final MemorySegment cancelled = Arena.ofAuto().allocate(ValueLayout.JAVA_INT);
  private final int threads;

  /** Share of the queue's capacity. */
  private final int weight;

  private final ComputeThreads computing;
  private boolean open = true;

  /** Initialised after ggml's library. */
  private static final class Shared {
    /** Of all backends with more than one thread; used by the one whose turn it is. */
    static final ComputeThreads THREADS = new ComputeThreads();
  }

  private Backend(int threads) {
    this.threads = threads;
    weight = threads == 1 ? 1 : CAPACITY;
    computing = threads == 1 ? new ComputeThreads() : Shared.THREADS;
  }

  /**
   * Creates a CPU backend with {@code threads} threads, the caller's included. It has fewer if the
   * system limits the number of threads.
   *
   * @throws InvalidRequestException unless {@code threads} is 1 to {@value #MAX_THREADS}
   */
  public static Backend cpu(int threads) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new InvalidRequestException("threads = " + threads + ": expected 1 to " + MAX_THREADS);
    }
    Ggml.require();
    int count = ComputeThreads.grow(threads);
    Backend backend = new Backend(count);
    if (count > 1) {
      OPEN.incrementAndGet();
    }
    return backend;
  }

  /** Number of threads that compute. */
  public int threads() {
    return threads;
  }

  /**
   * Computes a graph, when those have been computed that other backends were given before. An
   * interrupt does not end it.
   *
   * @return false if {@link #cancel} ended the computation; the outputs are then undefined
   * @throws NativeLibraryException if ggml reports a failure or memory runs out
   */
  public boolean compute(Graph graph) {
    if (!open) {
      throw new IllegalUseException("the backend is closed");
    }
    if (!QUEUE.enter(weight, this::isCancelled)) {
      return false;
    }
    int status;
    try {
      status = computing.compute(graph, threads, cancelled);
    } finally {
      QUEUE.leave(weight);
      Reference.reachabilityFence(cancelled);
    }
    if (status == Ggml_h.GGML_STATUS_ABORTED()) {
      return false;
    }
    if (status != Ggml_h.GGML_STATUS_SUCCESS()) {
      throw new NativeLibraryException(
          "ggml: computation failed with status " + status + ": " + MyelinLibrary.takeLog());
    }
    return true;
  }

  /**
   * Stops the running computation, and every later one until {@link #resume}. Any thread may call
   * it.
   */
  public void cancel() {
    INT_HANDLE.setVolatile(cancelled, 0L, 1);
    QUEUE.wake();
  }

  public void resume() {
    INT_HANDLE.setVolatile(cancelled, 0L, 0);
  }

  public boolean isCancelled() {
    return (int) INT_HANDLE.getVolatile(cancelled, 0L) != 0;
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      if (threads == 1) {
        computing.release();
      } else if (OPEN.decrementAndGet() == 0) {
        QUEUE.enter(weight, () -> false);
        try {
          computing.release();
        } finally {
          QUEUE.leave(weight);
        }
      }
    }
  }
}
