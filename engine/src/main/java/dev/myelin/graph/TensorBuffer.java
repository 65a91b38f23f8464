package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.error.MyelinException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.natives.NativeMemory;
import java.lang.foreign.MemorySegment;

/**
 * Memory that holds tensors: a mapped file, or zeroed pages that the system commits on first write.
 */
public final class TensorBuffer implements AutoCloseable {
  /** Alignment that ggml requires of a buffer. */
  private static final int ALIGNMENT = 32;

  /** Alignment of tensors added by {@link #append}. */
  private static final int CACHE_LINE = 64;

  /** More than ggml allocates for a buffer; it aborts the process if that fails. */
  private static final long SLACK_BYTES = 1 << 20;

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

  /** A buffer over {@code memory}, which must be native and which the caller keeps alive. */
  public static TensorBuffer wrap(MemorySegment memory) {
    if (!memory.isNative() || memory.address() % ALIGNMENT != 0) {
      throw new MyelinException("graph: a buffer must be native memory aligned to 32 bytes");
    }
    Ggml.require();
    NativeMemory.requireAvailable(SLACK_BYTES, "a buffer");
    return new TensorBuffer(memory, null);
  }

  /** A zeroed buffer. The system commits its pages on first write. */
  public static TensorBuffer allocateZeroed(long bytes) {
    Ggml.require();
    NativeMemory.requireAvailable(SLACK_BYTES, "a buffer");
    NativeMemory.Block block = NativeMemory.allocateZeroed(bytes, CACHE_LINE, "a buffer");
    try {
      return new TensorBuffer(block.bytes(), block);
    } catch (RuntimeException e) {
      block.close();
      throw e;
    }
  }

  /** Places {@code tensor} at byte {@code offset}. */
  public void place(Tensor tensor, long offset) {
    long bytes = tensor.type().bytes(tensor.elements());
    MemorySegment address = memory.asSlice(offset, bytes);
    int status = Ggml_h.ggml_backend_tensor_alloc(buffer, tensor.struct(), address);
    if (status != Ggml_h.GGML_STATUS_SUCCESS()) {
      throw new NativeLibraryException("ggml: cannot place " + tensor + ": status " + status);
    }
  }

  /** Places {@code tensor} after the tensors appended so far. */
  public void append(Tensor tensor) {
    place(tensor, used);
    used += roundUp(tensor.type().bytes(tensor.elements()));
  }

  /** Bytes that {@link #append} uses for a tensor of {@code bytes}. */
  public static long roundUp(long bytes) {
    return (bytes + CACHE_LINE - 1) & -CACHE_LINE;
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
