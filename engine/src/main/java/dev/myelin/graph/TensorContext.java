package dev.myelin.graph;

import dev.myelin.bindings.NativeMemory;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_init_params;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A ggml context: the descriptions of tensors, without their data. */
public final class TensorContext implements AutoCloseable {
  private static final int ALIGNMENT = 64;
  private static final long SLACK = 1 << 20;

  private final int capacity;
  private final NativeMemory.Block memory;
  private Arena scratch;
  private MemorySegment context;
  private int made;

  /**
   * @param tensors how many tensors it can describe
   */
  public TensorContext(int tensors) {
    this(tensors, 0);
  }

  TensorContext(int tensors, long furtherBytes) {
    Ggml.require();
    this.capacity = tensors;
    long bytes = tensors * Ggml_h.ggml_tensor_overhead() + furtherBytes;
    String what = "the description of " + tensors + " tensors";
    // ggml ends the process where it gets none; what it takes beside this is little
    NativeMemory.require(SLACK, what);
    memory = NativeMemory.zeros(bytes, ALIGNMENT, what);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = ggml_init_params.allocate(arena);
      ggml_init_params.mem_size(params, bytes);
      ggml_init_params.mem_buffer(params, memory.bytes());
      ggml_init_params.no_alloc(params, true);
      context = Ggml_h.ggml_init(params);
    }
  }

  /** How many tensors it can describe. */
  int capacity() {
    return capacity;
  }

  /** Describes a new tensor of one to four dimensions. */
  public Tensor tensor(String name, GgmlType type, long... dims) {
    Shapes.checkNew(name, type, dims);
    MemorySegment ctx = room(1);
    long d1 = dims.length > 1 ? dims[1] : 1;
    long d2 = dims.length > 2 ? dims[2] : 1;
    long d3 = dims.length > 3 ? dims[3] : 1;
    return new Tensor(Ggml_h.ggml_new_tensor_4d(ctx, type.id(), dims[0], d1, d2, d3)).named(name);
  }

  /** The context's address, after making sure that {@code tensors} more fit: ggml would abort. */
  MemorySegment room(int tensors) {
    if (context == null) {
      throw new NativeLibraryException("ggml: the context is closed");
    }
    made += tensors;
    if (made > capacity) {
      throw new NativeLibraryException("ggml: more than " + capacity + " tensors in one context");
    }
    return context;
  }

  /** Zeroes that operations of this context may use as long as it lives. */
  MemorySegment scratch(long bytes) {
    if (scratch == null) {
      scratch = Arena.ofShared();
    }
    return scratch.allocate(bytes, Long.BYTES);
  }

  @Override
  public void close() {
    if (scratch != null) {
      scratch.close();
      scratch = null;
    }
    if (context != null) {
      Ggml_h.ggml_free(context);
      context = null;
      memory.close();
    }
  }
}
