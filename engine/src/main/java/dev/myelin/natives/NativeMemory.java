package dev.myelin.natives;

import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Memory of the C library. Unlike {@link Arena#allocate} it does not count against the heap's size,
 * and large blocks are zero pages that the system allocates on first write.
 */
public final class NativeMemory {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle CALLOC =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("calloc"),
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  // used as malloc: ggml functions have the same signature, and linking another takes milliseconds
  private static final MethodHandle REALLOC =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("realloc"),
          FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
  private static final MethodHandle FREE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("free"),
          FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));

  private NativeMemory() {}

  /**
   * Allocates zeroed memory; closing the block frees it.
   *
   * @param alignment a power of two
   * @param what the purpose, for the message
   * @throws NativeLibraryException if there is not enough memory
   */
  public static Block allocateZeroed(long bytes, long alignment, String what) {
    MemorySegment block = requireAllocated(calloc(Math.addExact(bytes, alignment)), bytes, what);
    long skip = -block.address() & (alignment - 1);
    return new Block(block, block.reinterpret(bytes + alignment).asSlice(skip, bytes));
  }

  /** An allocation, and the aligned part of it to use. */
  public record Block(MemorySegment allocation, MemorySegment bytes) implements AutoCloseable {
    @Override
    public void close() {
      free(allocation);
    }
  }

  /** Allocates zeroed memory that the arena frees. */
  public static MemorySegment allocateZeroed(Arena arena, long bytes, long alignment, String what) {
    Block block = allocateZeroed(bytes, alignment, what);
    MemorySegment owned = block.allocation();
    return MemorySegment.ofAddress(block.bytes().address())
        .reinterpret(bytes, arena, ignored -> free(owned));
  }

  /**
   * Checks that so many bytes can be allocated, before a call of native code that ends the process
   * if its allocation fails. Another thread may allocate them in between.
   *
   * @throws NativeLibraryException if they cannot
   */
  public static void requireAvailable(long bytes, String what) {
    free(requireAllocated(malloc(Math.max(1, bytes)), bytes, what));
  }

  private static MemorySegment requireAllocated(MemorySegment block, long bytes, String what) {
    if (block.address() == 0) {
      throw new NativeLibraryException("no memory for " + what + ": " + bytes + " bytes");
    }
    return block;
  }

  private static MemorySegment calloc(long bytes) {
    try {
      return (MemorySegment) CALLOC.invokeExact(1L, bytes);
    } catch (Throwable e) {
      throw new AssertionError("calloc cannot throw", e);
    }
  }

  private static MemorySegment malloc(long bytes) {
    try {
      return (MemorySegment) REALLOC.invokeExact(MemorySegment.NULL, bytes);
    } catch (Throwable e) {
      throw new AssertionError("realloc cannot throw", e);
    }
  }

  private static void free(MemorySegment block) {
    try {
      FREE.invokeExact(block);
    } catch (Throwable e) {
      throw new AssertionError("free cannot throw", e);
    }
  }
}
