package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.loader.MyelinLibrary;
import dev.myelin.error.MyelinException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.natives.NativeMemory;
import java.lang.foreign.MemorySegment;

/**
 * Memory of intermediate tensors, which graphs that are computed one after another share. It grows
 * with the largest graph; graphs that were placed in it before are then to be closed. Not
 * thread-safe.
 */
public final class ComputeArena implements AutoCloseable {
  private static final long SLACK_BYTES = 2 << 20;

  /** Upper bound of the bytes that ggml's graph allocator needs per tensor for its own tables. */
  private static final long ALLOCATOR_BYTES_PER_TENSOR = 1024;

  private final MemorySegment allocator;
  private long bytes;
  private int generation;
  private boolean open = true;

  public ComputeArena() {
    Ggml.require();
    // ggml aborts the process if it cannot allocate its own tables
    NativeMemory.requireAvailable(SLACK_BYTES, "a compute graph");
    allocator = Ggml_h.ggml_gallocr_new(Ggml_h.ggml_backend_cpu_buffer_type());
    if (allocator.address() == 0) {
      throw new NativeLibraryException("no memory for a compute graph: " + MyelinLibrary.takeLog());
    }
  }

  /**
   * Places the tensors of a graph.
   *
   * @throws NativeLibraryException if there is not enough memory; no graph has any then
   */
  void place(MemorySegment graph, int tensors) {
    if (!open) {
      throw new MyelinException("graph: its arena is closed");
    }
    NativeMemory.requireAvailable(
        SLACK_BYTES + tensors * ALLOCATOR_BYTES_PER_TENSOR, "a compute graph");
    // without it, the plan of an earlier graph with as many nodes would be used
    boolean isPlaced =
        Ggml_h.ggml_gallocr_reserve(allocator, graph)
            && Ggml_h.ggml_gallocr_alloc_graph(allocator, graph);
    long size = isPlaced ? Ggml_h.ggml_gallocr_get_buffer_size(allocator, 0) : 0;
    if (size != bytes) {
      bytes = size;
      generation++;
    }
    if (!isPlaced) {
      throw new NativeLibraryException("no memory for a compute graph: " + MyelinLibrary.takeLog());
    }
  }

  /** Changes when the graphs that were placed before lose their memory. */
  int generation() {
    return open ? generation : -1;
  }

  /** Bytes of the memory. */
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      Ggml_h.ggml_gallocr_free(allocator);
    }
  }
}
