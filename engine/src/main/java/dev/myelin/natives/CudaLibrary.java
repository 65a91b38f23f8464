package dev.myelin.natives;

import dev.myelin.bindings.cuda.Cuda_h;
import dev.myelin.bindings.loader.CudaSearch;
import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Calls libmyelin-cuda, which {@link CudaSearch} must have loaded. If a call fails, throws {@link
 * NativeLibraryException} with the library's message. Addresses are of device memory, which Java
 * cannot read.
 */
public final class CudaLibrary {
  private static final int NAME_BYTES = 256;

  private CudaLibrary() {}

  /**
   * A GPU.
   *
   * @param capability its compute capability, 10 * major + minor
   * @param processors number of multiprocessors
   * @param freeBytes free memory
   */
  public record Device(
      String name, int capability, int processors, long freeBytes, long totalBytes) {}

  /** The properties of a device. */
  public static Device device(int index) {
    String what = "device " + index;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(NAME_BYTES);
      check(Cuda_h.myelin_cuda_device_name(index, name, NAME_BYTES), what);
      MemorySegment capability = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment processors = arena.allocate(ValueLayout.JAVA_INT);
      check(Cuda_h.myelin_cuda_device_capability(index, capability, processors), what);
      MemorySegment free = arena.allocate(ValueLayout.JAVA_LONG);
      MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
      check(Cuda_h.myelin_cuda_device_memory(index, free, total), what);
      return new Device(
          name.getString(0).strip(),
          capability.get(ValueLayout.JAVA_INT, 0),
          processors.get(ValueLayout.JAVA_INT, 0),
          free.get(ValueLayout.JAVA_LONG, 0),
          total.get(ValueLayout.JAVA_LONG, 0));
    }
  }

  /** Weights per block of a ggml type; 0 for a type without a kernel. */
  public static int blockSize(int type) {
    return Cuda_h.myelin_cuda_block(type);
  }

  /** Bytes of a row of {@code k} weights; 0 for a type or length without a kernel. */
  public static long rowBytes(int type, long k) {
    return Cuda_h.myelin_cuda_row_bytes(type, k);
  }

  /**
   * Allocates device memory.
   *
   * @param bytes at least 1
   * @param what the purpose, for the message
   */
  public static MemorySegment allocate(int device, long bytes, String what) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(ValueLayout.ADDRESS);
      check(
          Cuda_h.myelin_cuda_allocate(device, bytes, address),
          "%s: %s bytes of device %s".formatted(what, bytes, device));
      return address.get(ValueLayout.ADDRESS, 0);
    }
  }

  /** Frees device memory once the device no longer uses it. */
  public static void free(int device, MemorySegment address) {
    check(Cuda_h.myelin_cuda_free(device, address), "device " + device);
  }

  /** Opens a stream; fails on a GPU that is too old. */
  public static MemorySegment openStream(int device) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment stream = arena.allocate(ValueLayout.ADDRESS);
      check(Cuda_h.myelin_cuda_stream_open(device, stream), "device " + device);
      return stream.get(ValueLayout.ADDRESS, 0);
    }
  }

  /** Waits for a stream's work and closes it. */
  public static void closeStream(MemorySegment stream) {
    check(Cuda_h.myelin_cuda_stream_close(stream), "closing a stream");
  }

  /** Copies all of {@code host}, native memory, to a device. */
  public static void upload(
      MemorySegment stream, MemorySegment device, MemorySegment host, String what) {
    check(Cuda_h.myelin_cuda_upload(stream, device, host, host.byteSize()), what);
  }

  /** Waits for the stream's work and fills {@code host}, native memory, from a device. */
  public static void download(
      MemorySegment stream, MemorySegment host, MemorySegment device, String what) {
    check(Cuda_h.myelin_cuda_download(stream, host, device, host.byteSize()), what);
  }

  /**
   * Starts y, f32 [n, m] = weights [k, n] times x, f32 [k, m], all in device memory; does not wait
   * for the result.
   */
  public static void matmul(
      MemorySegment stream,
      int type,
      long k,
      long n,
      long m,
      MemorySegment weights,
      MemorySegment x,
      MemorySegment y,
      String what) {
    check(Cuda_h.myelin_cuda_matmul(stream, type, k, n, m, weights, x, y), what);
  }

  private static void check(int status, String what) {
    if (status != Cuda_h.MYELIN_CUDA_OK()) {
      throw new NativeLibraryException("CUDA: " + what + ": " + CudaSearch.statusText(status));
    }
  }
}
