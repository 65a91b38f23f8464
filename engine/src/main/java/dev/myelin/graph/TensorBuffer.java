package dev.myelin.graph;

import dev.myelin.bindings.NativeMemory;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.error.MyelinException;
import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.MemorySegment;

/**
 * Memory that tensors lie in: a mapped file, or pages of zeroes that cost nothing until they are
 * written.
 */
public final class TensorBuffer implements AutoCloseable {
  /** What ggml asks of a buffer's first byte. */
  private static final int ALIGNMENT = 32;

  /** Tensors of the cache start at cache lines. */
  private static final int LINE = 64;

  /** More than what ggml takes for a description; it ends the process where it gets none. */
  private static final long SLACK = 1 << 20;

  private final MemorySegment memory;
  private final MemorySegment buffer;
  private final NativeMemory.Block owned;
  private boolean open = true;
  private long used;

  private TensorBuffer(MemorySegment memory, NativeMemory.Block owned) {
    this.memory = memory;
    this.owned = owned;
    buffer = Ggml_h.ggml_backend_cpu_buffer_from_ptr(memory, memory.byteSize());
    if (buffer.address() == 0) {
      throw new NativeLibraryException("ggml: no buffer over " + memory.byteSize() + " bytes");
    }
  }

  /** Tensors will lie in {@code memory}, off the heap, which the caller keeps alive. */
  public static TensorBuffer over(MemorySegment memory) {
    if (!memory.isNative() || memory.address() % ALIGNMENT != 0) {
      throw new MyelinException("graph: a buffer must be off the heap at a multiple of 32 bytes");
    }
    Ggml.require();
    NativeMemory.require(SLACK, "a buffer");
    return new TensorBuffer(memory, null);
  }

  /** A buffer of zeroes. Pages are taken from the system when they are first written. */
  public static TensorBuffer zeroes(long bytes) {
    Ggml.require();
    NativeMemory.require(SLACK, "a buffer");
    NativeMemory.Block block = NativeMemory.zeros(bytes, LINE, "a buffer");
    try {
      return new TensorBuffer(block.bytes(), block);
    } catch (RuntimeException e) {
      block.close();
      throw e;
    }
  }

  /** Puts {@code tensor} at {@code offset} bytes. */
  public void place(Tensor tensor, long offset) {
    long bytes = tensor.type().bytes(tensor.elements());
    MemorySegment address = memory.asSlice(offset, bytes);
    int status = Ggml_h.ggml_backend_tensor_alloc(buffer, tensor.struct(), address);
    if (status != Ggml_h.GGML_STATUS_SUCCESS()) {
      throw new NativeLibraryException("ggml: cannot place " + tensor + ": status " + status);
    }
  }

  /** Puts {@code tensor} behind those placed so far by this method. */
  public void append(Tensor tensor) {
    place(tensor, used);
    used += roundUp(tensor.type().bytes(tensor.elements()));
  }

  /** Bytes that {@link #append} takes for a tensor of {@code bytes}. */
  public static long roundUp(long bytes) {
    return (bytes + LINE - 1) & -LINE;
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      Ggml_h.ggml_backend_buffer_free(buffer);
      if (owned != null) {
        owned.close();
      }
    }
  }
}
