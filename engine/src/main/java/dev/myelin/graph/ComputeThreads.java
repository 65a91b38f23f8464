package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_cplan;
import dev.myelin.bindings.ggml.ggml_threadpool_params;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.natives.NativeMemory;
import dev.myelin.natives.NativeThreads;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/**
 * Computes graphs on libmyelin's pool, which the process shares, or on a pool of ggml, for graphs
 * that are mostly operations of ggml. Not thread-safe: a computation has its turn in the {@link
 * ComputeQueue}.
 */
final class ComputeThreads {
  private static final int WORK_ALIGNMENT = 64;

  /** Name of the worker threads, as tools of the system show it. */
  private static final String THREAD_NAME = "myelin-compute";

  /** Threads left for the JVM, which starts some at any time. */
  private static final int JVM_RESERVED_THREADS = 2;

  /**
   * Memory a thread allocates at its first operation: libmyelin's scratch, and a little for ggml.
   */
  private static final long BYTES_PER_THREAD = 3 << 19;

  private static final long SLACK_BYTES = 2 << 20;

  /** Threads of libmyelin's pool. */
  private static int poolThreads = 1;

  private final MemorySegment plan = ggml_cplan.allocate(Arena.ofAuto());
  private final SegmentAllocator planAllocator = SegmentAllocator.prefixAllocator(plan);
  private final MemorySegment lost = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

  private final ThreadChooser chooser = new ThreadChooser();
  private final ThreadChooser ggmlChooser = new ThreadChooser();

  /** ggml's pool of the calling thread alone. */
  private MemorySegment single = MemorySegment.NULL;

  /** ggml's pool with workers. */
  private MemorySegment ggmlPool = MemorySegment.NULL;

  private int ggmlThreads;
  private int usedThreads;
  private NativeMemory.Block workBuffer;

  /**
   * Starts threads of libmyelin's pool until so many compute, the calling thread included. Any
   * thread may call it.
   *
   * @return how many do: fewer if the system refuses to start more
   */
  static synchronized int grow(int threads) {
    NativeMemory.requireAvailable(SLACK_BYTES, "threads (" + threads + ")");
    if (threads > poolThreads) {
      int more = startableWorkers(threads - poolThreads);
      poolThreads = NativeThreads.growPool(poolThreads + more);
    }
    return Math.min(threads, poolThreads);
  }

  /**
   * Computes a graph.
   *
   * @param threads the most to use
   * @param cancelled an int, which other threads set to end the computation
   * @return ggml's status
   */
  int compute(Graph graph, int threads, MemorySegment cancelled) {
    return graph.work().needsGgmlThreads()
        ? computeByGgml(graph, threads, cancelled)
        : computeOnPool(graph, threads, cancelled);
  }

  private int computeOnPool(Graph graph, int threads, MemorySegment cancelled) {
    if (single.address() == 0) {
      single = newGgmlPool(1);
    }
    int count = chooser.choose(threads);
    requireMemory(count);
    prepare(graph, 1, single, cancelled);
    return run(graph, count, chooser, count);
  }

  /** Computes a graph on ggml's pool, whose workers sleep between graphs. */
  private int computeByGgml(Graph graph, int threads, MemorySegment cancelled) {
    if (ggmlThreads < threads) {
      freeGgmlPool();
      int startable = 1 + startableWorkers(threads - 1);
      ggmlPool = newGgmlPool(startable);
      ggmlThreads = startable;
    }
    int count = ggmlChooser.choose(Math.min(threads, ggmlThreads));
    requireMemory(count);
    prepare(graph, count, ggmlPool, cancelled);
    return run(graph, 1, ggmlChooser, count);
  }

  /**
   * Computes the plan.
   *
   * @param spread threads of libmyelin's pool
   * @param count the chosen number of threads
   */
  private int run(Graph graph, int spread, ThreadChooser chosenBy, int count) {
    MemorySegment function = Ggml_h.ggml_graph_compute$address();
    long start = System.nanoTime();
    int status = NativeThreads.compute(function, graph.address(), plan, spread, lost);
    long nanos = System.nanoTime() - start;
    if (status == Ggml_h.GGML_STATUS_SUCCESS()) {
      GraphWork work = graph.work();
      chosenBy.record(
          count, work.nativeNanos() + work.ggmlNanos(), nanos, lost.get(ValueLayout.JAVA_LONG, 0));
    }
    return status;
  }

  /** How many of so many threads can be started. ggml aborts the process if one cannot. */
  private static int startableWorkers(int workers) {
    int started = NativeThreads.startable(workers + JVM_RESERVED_THREADS) - JVM_RESERVED_THREADS;
    return Math.clamp(started, 0, workers);
  }

  private MemorySegment newGgmlPool(int threads) {
    NativeMemory.requireAvailable(SLACK_BYTES, "threads (" + threads + ")");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = ggml_threadpool_params.allocate(arena).fill((byte) 0);
      ggml_threadpool_params.n_threads(params, threads);
      // workers sleep as soon as they are idle
      ggml_threadpool_params.poll(params, 0);
      MemorySegment pool =
          threads == 1
              ? Ggml_h.ggml_threadpool_new(params)
              : NativeThreads.callNamed(THREAD_NAME, Ggml_h.ggml_threadpool_new$address(), params);
      if (pool.address() == 0) {
        throw new NativeLibraryException("ggml: cannot start " + threads + " threads");
      }
      return pool;
    }
  }

  /**
   * Completes the plan with a work buffer allocated here: ggml aborts the process if it cannot
   * allocate one.
   */
  private void prepare(Graph graph, int threads, MemorySegment pool, MemorySegment cancelled) {
    Ggml_h.ggml_graph_plan(planAllocator, graph.address(), threads, pool);
    long bytes = ggml_cplan.work_size(plan);
    if (workBuffer == null || workBuffer.bytes().byteSize() < bytes) {
      freeWorkBuffer();
      workBuffer = NativeMemory.allocateZeroed(bytes, WORK_ALIGNMENT, "the work buffer of a graph");
    }
    ggml_cplan.work_data(plan, workBuffer.bytes());
    ggml_cplan.abort_callback(plan, NativeThreads.abortCallback());
    ggml_cplan.abort_callback_data(plan, cancelled);
  }

  private void requireMemory(int threads) {
    if (usedThreads < threads) {
      NativeMemory.requireAvailable(
          SLACK_BYTES + (threads - usedThreads) * BYTES_PER_THREAD, "threads (" + threads + ")");
      usedThreads = threads;
    }
  }

  private void freeSingle() {
    if (single.address() != 0) {
      Ggml_h.ggml_threadpool_free(single);
      single = MemorySegment.NULL;
    }
  }

  private void freeGgmlPool() {
    if (ggmlPool.address() != 0) {
      Ggml_h.ggml_threadpool_free(ggmlPool);
      ggmlPool = MemorySegment.NULL;
      ggmlThreads = 0;
    }
  }

  private void freeWorkBuffer() {
    if (workBuffer != null) {
      workBuffer.close();
      workBuffer = null;
    }
  }

  /** Frees what only a computation needs; the next one allocates it again. */
  void release() {
    freeSingle();
    freeGgmlPool();
    freeWorkBuffer();
  }
}
