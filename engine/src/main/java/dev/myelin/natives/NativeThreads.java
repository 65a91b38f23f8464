package dev.myelin.natives;

import dev.myelin.bindings.kernels.Myelin_h;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** The threads of libmyelin, and calls in them. */
public final class NativeThreads {
  private NativeThreads() {}

  /**
   * How many of {@code wanted} more threads can be started now, within the limits of the user, of
   * control groups and of the address space.
   */
  public static int startable(int wanted) {
    Natives.load();
    SymbolLookup system = Linker.nativeLinker().defaultLookup();
    Optional<MemorySegment> create = system.find("pthread_create");
    Optional<MemorySegment> join = system.find("pthread_join");
    if (wanted <= 0 || create.isEmpty() || join.isEmpty()) {
      return wanted;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment started = arena.allocate(ValueLayout.JAVA_INT);
      Natives.check(Myelin_h.myelin_threads_probe(wanted, create.get(), join.get(), started));
      return started.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /**
   * Starts threads of libmyelin's pool until so many compute, the calling thread included.
   *
   * @return how many do: fewer if the system refuses to start more
   */
  public static int growPool(int threads) {
    Natives.load();
    Optional<MemorySegment> create = Linker.nativeLinker().defaultLookup().find("pthread_create");
    if (threads <= 1 || create.isEmpty()) {
      return 1;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment available = arena.allocate(ValueLayout.JAVA_INT);
      Natives.check(Myelin_h.myelin_pool_grow(threads, create.get(), available));
      return available.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /**
   * Computes a ggml graph by {@code function}, ggml_graph_compute; native nodes use so many threads
   * of libmyelin's pool.
   *
   * @param plan one of a single thread
   * @param lost gets 8 bytes: nanoseconds for which the calling thread did not run
   * @return what the function returned
   */
  public static int compute(
      MemorySegment function,
      MemorySegment graph,
      MemorySegment plan,
      int threads,
      MemorySegment lost) {
    return Myelin_h.myelin_compute(function, graph, plan, threads, lost);
  }

  /**
   * Calls {@code void *function(void *argument)}; on Linux threads that it starts get a name, at
   * most 15 bytes.
   */
  public static MemorySegment callNamed(
      String threadName, MemorySegment function, MemorySegment argument) {
    try (Arena arena = Arena.ofConfined()) {
      return Myelin_h.myelin_thread_named(arena.allocateFrom(threadName), function, argument);
    }
  }

  /** A ggml abort callback: aborts a graph computation when the int at its argument is not 0. */
  public static MemorySegment abortCallback() {
    Natives.load();
    return Natives.symbol("myelin_abort_requested");
  }
}
