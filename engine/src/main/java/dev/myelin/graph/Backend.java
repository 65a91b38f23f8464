package dev.myelin.graph;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_threadpool_params;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;

/**
 * The CPU with its worker threads, on which graphs are computed. One owner, one graph at a time.
 */
public final class Backend implements AutoCloseable {
  /** ggml's own limit, GGML_MAX_N_THREADS. */
  public static final int MAX_THREADS = 512;

  /** How long a worker without work spins before it sleeps, 0 to 100: ggml's default. */
  private static final int POLL = 50;

  private static final VarHandle FLAG = ValueLayout.JAVA_INT.varHandle();

  // freed once unreachable, so that cancelling a closed backend is harmless
  private final MemorySegment cancelled = Arena.ofAuto().allocate(ValueLayout.JAVA_INT);
  private final MemorySegment backend;
  private final MemorySegment threadpool;
  private boolean open = true;

  private Backend(MemorySegment backend, MemorySegment threadpool) {
    this.backend = backend;
    this.threadpool = threadpool;
  }

  /**
   * The CPU with so many threads, this one included.
   *
   * @throws InvalidRequestException unless 1 to {@value #MAX_THREADS} threads are asked for
   */
  public static Backend cpu(int threads) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new InvalidRequestException("threads = " + threads + ": expected 1 to " + MAX_THREADS);
    }
    Ggml.require();
    MemorySegment device = Ggml_h.ggml_backend_dev_by_type(Ggml_h.GGML_BACKEND_DEVICE_TYPE_CPU());
    MemorySegment backend = Ggml_h.ggml_backend_dev_init(device, MemorySegment.NULL);
    MemorySegment pool;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = ggml_threadpool_params.allocate(arena).fill((byte) 0);
      ggml_threadpool_params.n_threads(params, threads);
      ggml_threadpool_params.poll(params, POLL);
      pool = Ggml_h.ggml_threadpool_new(params);
    }
    if (backend.address() == 0 || pool.address() == 0) {
      throw new NativeLibraryException("ggml: cannot start " + threads + " threads");
    }
    Ggml_h.ggml_backend_cpu_set_n_threads(backend, threads);
    Ggml_h.ggml_backend_cpu_set_threadpool(backend, pool);
    Backend result = new Backend(backend, pool);
    Ggml_h.ggml_backend_cpu_set_abort_callback(
        backend, KernelsLibrary.abortCallback(), result.cancelled);
    return result;
  }

  /**
   * Computes a graph.
   *
   * @return false if {@link #cancel} ended it; its outputs are then undefined
   * @throws NativeLibraryException if ggml reports a failure
   */
  public boolean compute(Graph graph) {
    if (!open) {
      throw new IllegalUseException("the backend is closed");
    }
    int status;
    try {
      status = Ggml_h.ggml_backend_graph_compute(backend, graph.address());
    } finally {
      Reference.reachabilityFence(cancelled);
    }
    if (status == Ggml_h.GGML_STATUS_ABORTED()) {
      return false;
    }
    if (status != Ggml_h.GGML_STATUS_SUCCESS()) {
      throw new NativeLibraryException(
          "ggml: computation failed with status " + status + ": " + KernelsLibrary.takeLog());
    }
    return true;
  }

  /** Ends the running computation soon, and every later one until {@link #resume}; any thread. */
  public void cancel() {
    FLAG.setVolatile(cancelled, 0L, 1);
  }

  public void resume() {
    FLAG.setVolatile(cancelled, 0L, 0);
  }

  public boolean isCancelled() {
    return (int) FLAG.getVolatile(cancelled, 0L) != 0;
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      Ggml_h.ggml_backend_free(backend);
      Ggml_h.ggml_threadpool_free(threadpool);
    }
  }
}
