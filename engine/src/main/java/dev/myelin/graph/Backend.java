package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_cplan;
import dev.myelin.bindings.ggml.ggml_threadpool_params;
import dev.myelin.bindings.loader.MyelinLibrary;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.natives.KernelsLibrary;
import dev.myelin.natives.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;

/**
 * The CPU backend: computes graphs on a pool of worker threads. It has one owner and computes one
 * graph at a time.
 */
public final class Backend implements AutoCloseable {
  /** ggml's limit, GGML_MAX_N_THREADS. */
  public static final int MAX_THREADS = 512;

  /** How long an idle worker spins before it sleeps, 0 to 100: ggml's default. */
  private static final int POLL = 50;

  private static final int WORK_ALIGNMENT = 64;

  private static final VarHandle INT_HANDLE = ValueLayout.JAVA_INT.varHandle();

  /** Name of the worker threads, as tools of the system show it. */
  private static final String THREAD_NAME = "myelin-compute";

  /** Threads left for the JVM, which starts some at any time. */
  private static final int JVM_RESERVED_THREADS = 2;

  /**
   * Memory a thread allocates at its first operation: libmyelin's scratch, and a little for ggml.
   */
  private static final long BYTES_PER_THREAD = 3 << 19;

  private static final long SLACK_BYTES = 2 << 20;

  // freed by the garbage collector, so that cancelling a closed backend is safe
  private final MemorySegment cancelled = Arena.ofAuto().allocate(ValueLayout.JAVA_INT);
  private final MemorySegment plan = ggml_cplan.allocate(Arena.ofAuto());
  private final SegmentAllocator planAllocator = SegmentAllocator.prefixAllocator(plan);
  private final MemorySegment threadpool;
  private final int threads;
  private NativeMemory.Block workBuffer;
  private boolean started;
  private boolean open = true;

  private Backend(MemorySegment threadpool, int threads) {
    this.threadpool = threadpool;
    this.threads = threads;
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
    int count = threads == 1 ? 1 : startableThreads(threads);
    NativeMemory.requireAvailable(SLACK_BYTES, "threads (" + count + ")");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = ggml_threadpool_params.allocate(arena).fill((byte) 0);
      ggml_threadpool_params.n_threads(params, count);
      ggml_threadpool_params.poll(params, POLL);
      MemorySegment pool =
          count == 1
              ? Ggml_h.ggml_threadpool_new(params)
              : KernelsLibrary.callNamed(THREAD_NAME, Ggml_h.ggml_threadpool_new$address(), params);
      if (pool.address() == 0) {
        throw new NativeLibraryException("ggml: cannot start " + count + " threads");
      }
      return new Backend(pool, count);
    }
  }

  /** How many threads can be started. ggml aborts the process if one cannot. */
  private static int startableThreads(int threads) {
    int workers = threads - 1;
    int started =
        KernelsLibrary.startableThreads(workers + JVM_RESERVED_THREADS) - JVM_RESERVED_THREADS;
    return 1 + Math.clamp(started, 0, workers);
  }

  /** Number of threads that compute. */
  public int threads() {
    return threads;
  }

  /**
   * Computes a graph.
   *
   * @return false if {@link #cancel} ended the computation; the outputs are then undefined
   * @throws NativeLibraryException if ggml reports a failure or memory runs out
   */
  public boolean compute(Graph graph) {
    if (!open) {
      throw new IllegalUseException("the backend is closed");
    }
    int status;
    try {
      Ggml_h.ggml_graph_plan(planAllocator, graph.address(), threads, threadpool);
      preparePlan(ggml_cplan.work_size(plan));
      status = Ggml_h.ggml_graph_compute(graph.address(), plan);
    } finally {
      Reference.reachabilityFence(cancelled);
      Reference.reachabilityFence(plan);
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
   * Completes the plan with a work buffer allocated here: ggml aborts the process if it cannot
   * allocate one.
   */
  private void preparePlan(long workBytes) {
    if (workBuffer == null || workBuffer.bytes().byteSize() < workBytes) {
      freeWorkBuffer();
      workBuffer =
          NativeMemory.allocateZeroed(workBytes, WORK_ALIGNMENT, "the work buffer of a graph");
    }
    if (!started) {
      NativeMemory.requireAvailable(
          SLACK_BYTES + threads * BYTES_PER_THREAD, "threads (" + threads + ")");
      started = true;
    }
    ggml_cplan.work_data(plan, workBuffer.bytes());
    ggml_cplan.abort_callback(plan, KernelsLibrary.abortCallback());
    ggml_cplan.abort_callback_data(plan, cancelled);
  }

  private void freeWorkBuffer() {
    if (workBuffer != null) {
      workBuffer.close();
      workBuffer = null;
    }
  }

  /**
   * Stops the running computation, and every later one until {@link #resume}. Any thread may call
   * it.
   */
  public void cancel() {
    INT_HANDLE.setVolatile(cancelled, 0L, 1);
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
      Ggml_h.ggml_threadpool_free(threadpool);
      freeWorkBuffer();
    }
  }
}
