package dev.myelin.graph;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.bindings.NativeMemory;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_cplan;
import dev.myelin.bindings.ggml.ggml_threadpool_params;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
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

  private static final int WORK_ALIGNMENT = 64;

  private static final VarHandle FLAG = ValueLayout.JAVA_INT.varHandle();

  /** More threads than were asked for must be startable: the JVM needs some now and then. */
  private static final int LEFT_TO_THE_JVM = 2;

  /** What a thread takes at its first operation: libmyelin's scratch memory, and little of ggml. */
  private static final long THREAD_BYTES = 3 << 19;

  private static final long SLACK = 2 << 20;

  // freed once unreachable, so that cancelling a closed backend is harmless
  private final MemorySegment cancelled = Arena.ofAuto().allocate(ValueLayout.JAVA_INT);
  private final MemorySegment plan = ggml_cplan.allocate(Arena.ofAuto());
  private final SegmentAllocator planned = SegmentAllocator.prefixAllocator(plan);
  private final MemorySegment threadpool;
  private final int threads;
  private NativeMemory.Block work;
  private boolean started;
  private boolean open = true;

  private Backend(MemorySegment threadpool, int threads) {
    this.threadpool = threadpool;
    this.threads = threads;
  }

  /**
   * The CPU with so many threads, this one included; fewer, where the system does not let more be
   * started.
   *
   * @throws InvalidRequestException unless 1 to {@value #MAX_THREADS} threads are asked for
   */
  public static Backend cpu(int threads) {
    if (threads < 1 || threads > MAX_THREADS) {
      throw new InvalidRequestException("threads = " + threads + ": expected 1 to " + MAX_THREADS);
    }
    Ggml.require();
    int count = threads == 1 ? 1 : startable(threads);
    NativeMemory.require(SLACK, "threads (" + count + ")");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = ggml_threadpool_params.allocate(arena).fill((byte) 0);
      ggml_threadpool_params.n_threads(params, count);
      ggml_threadpool_params.poll(params, POLL);
      MemorySegment pool = Ggml_h.ggml_threadpool_new(params);
      if (pool.address() == 0) {
        throw new NativeLibraryException("ggml: cannot start " + count + " threads");
      }
      return new Backend(pool, count);
    }
  }

  /** ggml ends the process where one of its threads cannot be started. */
  private static int startable(int threads) {
    int others = threads - 1;
    int started = KernelsLibrary.startableThreads(others + LEFT_TO_THE_JVM) - LEFT_TO_THE_JVM;
    return 1 + Math.clamp(started, 0, others);
  }

  /** How many threads compute. */
  public int threads() {
    return threads;
  }

  /**
   * Computes a graph.
   *
   * @return false if {@link #cancel} ended it; its outputs are then undefined
   * @throws NativeLibraryException if ggml reports a failure, or there is no memory
   */
  public boolean compute(Graph graph) {
    if (!open) {
      throw new IllegalUseException("the backend is closed");
    }
    int status;
    try {
      Ggml_h.ggml_graph_plan(planned, graph.address(), threads, threadpool);
      prepare(ggml_cplan.work_size(plan));
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
          "ggml: computation failed with status " + status + ": " + KernelsLibrary.takeLog());
    }
    return true;
  }

  /** Completes the plan, with memory of ours: ggml would end the process where there is none. */
  private void prepare(long workBytes) {
    if (work == null || work.bytes().byteSize() < workBytes) {
      freeWork();
      work = NativeMemory.zeros(workBytes, WORK_ALIGNMENT, "the work of a graph");
    }
    if (!started) {
      NativeMemory.require(SLACK + threads * THREAD_BYTES, "threads (" + threads + ")");
      started = true;
    }
    ggml_cplan.work_data(plan, work.bytes());
    ggml_cplan.abort_callback(plan, KernelsLibrary.abortCallback());
    ggml_cplan.abort_callback_data(plan, cancelled);
  }

  private void freeWork() {
    if (work != null) {
      work.close();
      work = null;
    }
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
      Ggml_h.ggml_threadpool_free(threadpool);
      freeWork();
    }
  }
}
