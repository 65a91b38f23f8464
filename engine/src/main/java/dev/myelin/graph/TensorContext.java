package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_init_params;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A ggml context: tensor descriptions without data. Not thread-safe. */
public final class TensorContext implements AutoCloseable {
  private static final int ALIGNMENT = 64;
  private static final long SLACK_BYTES = 1 << 20;

  private final int capacity;
  private final NativeMemory.Block memory;
  private MemorySegment context;
  private int count;

  /**
   * @param tensors maximum number of tensors
   */
  public TensorContext(int tensors) {
    this(tensors, 0);
  }

  TensorContext(int tensors, long extraBytes) {
    Ggml.require();
    this.capacity = tensors;
    long bytes = tensors * Ggml_h.ggml_tensor_overhead() + extraBytes;
    String purpose = "the description of " + tensors + " tensors";
    // ggml aborts the process if it cannot allocate; beside this memory it needs little
    NativeMemory.requireAvailable(SLACK_BYTES, purpose);
    memory = NativeMemory.allocateZeroed(bytes, ALIGNMENT, purpose);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = ggml_init_params.allocate(arena);
      ggml_init_params.mem_size(params, bytes);
      ggml_init_params.mem_buffer(params, memory.bytes());
      ggml_init_params.no_alloc(params, true);
      context = Ggml_h.ggml_init(params);
    }
  }

  /** How many more tensors there is space for. */
  int free() {
    return capacity - count;
  }

  /** How many tensors ggml has described here. */
  int described() {
    return Math.toIntExact(Ggml_h.ggml_used_mem(context) / Ggml_h.ggml_tensor_overhead());
  }

  /** Adds a tensor of one to four dimensions. */
  public Tensor tensor(String name, GgmlType type, long... dims) {
    Shapes.checkNew(name, type, dims);
    MemorySegment ctx = reserve(1);
    long d1 = dims.length > 1 ? dims[1] : 1;
    long d2 = dims.length > 2 ? dims[2] : 1;
    long d3 = dims.length > 3 ? dims[3] : 1;
    return new Tensor(Ggml_h.ggml_new_tensor_4d(ctx, type.id(), dims[0], d1, d2, d3)).named(name);
  }

  /** The ggml context, with space for {@code tensors} more tensors; ggml would abort without. */
  MemorySegment reserve(int tensors) {
    if (context == null) {
      throw new NativeLibraryException("ggml: the context is closed");
    }
    count += tensors;
    if (count > capacity) {
      throw new NativeLibraryException("ggml: more than " + capacity + " tensors in one context");
    }
    return context;
  }

  @Override
  public void close() {
    if (context != null) {
      Ggml_h.ggml_free(context);
      context = null;
      memory.close();
    }
  }
}
