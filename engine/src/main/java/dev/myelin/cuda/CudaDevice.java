package dev.myelin.cuda;

import dev.myelin.bindings.loader.CudaSearch;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.CudaLibrary;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Matmuls on a GPU. Weights are uploaded once and stay until the device is closed, which frees
 * everything. Thread-safe: calls are serialised and synchronous.
 */
public final class CudaDevice implements AutoCloseable {
  /** The library's limit for k, n and m. */
  private static final long MAX_DIM = 1L << 30;

  private final int index;
  private final MemorySegment stream;
  private final List<MemorySegment> weights = new ArrayList<>();
  private final DeviceBuffer inputs = new DeviceBuffer("inputs");
  private final DeviceBuffer outputs = new DeviceBuffer("outputs");
  private boolean open = true;

  private CudaDevice(int index) {
    this.index = index;
    this.stream = CudaLibrary.openStream(index);
  }

  /**
   * Opens a device.
   *
   * @param index of the device in {@link CudaDevices#list}
   * @throws NativeLibraryException if libmyelin-cuda cannot be used, with the reason, or the GPU is
   *     too old for its kernels
   * @throws InvalidRequestException if there is no device with this index
   */
  public static CudaDevice open(int index) {
    return open(CudaSearch.result(), index);
  }

  static CudaDevice open(CudaSearch library, int index) {
    if (!library.isUsable()) {
      throw new NativeLibraryException("CUDA: " + library.reason());
    }
    int devices = library.devices();
    if (index < 0 || index >= devices) {
      throw new InvalidRequestException(
          "CUDA: no device %s: expected 0 to %s".formatted(index, devices - 1));
    }
    return new CudaDevice(index);
  }

  /** Weight types that the kernels support. */
  public List<GgmlType> types() {
    return Arrays.stream(GgmlType.values()).filter(t -> CudaLibrary.blockSize(t.id()) > 0).toList();
  }

  /**
   * Copies weights to the device.
   *
   * @param name name of the tensor, for messages
   * @param k weights per row, a multiple of the block size
   * @param n number of rows
   * @param data the rows as in a checkpoint, contiguous, in native memory of any alignment
   * @throws InvalidRequestException if no kernel supports the type, or the sizes do not match
   * @throws NativeLibraryException if the device runs out of memory
   */
  public synchronized CudaMatrix upload(
      String name, GgmlType type, long k, long n, MemorySegment data) {
    requireOpen();
    String tensor = CudaMatrix.describe(name, type, k, n);
    if (CudaLibrary.blockSize(type.id()) == 0) {
      throw invalid(
          tensor,
          "expected " + types().stream().map(GgmlType::ggmlName).collect(Collectors.joining(", ")));
    }
    long row = CudaLibrary.rowBytes(type.id(), k);
    if (row == 0 || n < 1 || n > MAX_DIM) {
      throw invalid(
          tensor,
          "expected rows of a multiple of %s, each dimension from 1 to 2^30"
              .formatted(type.blockSize()));
    }
    if (row != type.bytes(k)) {
      throw new NativeLibraryException(
          "CUDA: libmyelin-cuda has another format of %s: %s bytes a row of %s, expected %s"
              .formatted(type.ggmlName(), row, k, type.bytes(k)));
    }
    requireSize(tensor, data, row * n);
    MemorySegment address = CudaLibrary.allocate(index, data.byteSize(), tensor);
    weights.add(address);
    CudaLibrary.upload(stream, address, data, tensor);
    return new CudaMatrix(this, name, type, k, n, address);
  }

  /**
   * Computes y [n, m] = w [k, n] times x [k, m]. With quantised weights and up to 8 positions,
   * activations are quantised to int8 with a scale per 32 values; with more positions the matmul is
   * in f16.
   *
   * @param m number of positions
   * @param x k * m floats in native memory, position by position
   * @param y receives n * m floats in native memory, position by position
   * @throws InvalidRequestException if the sizes do not match
   * @throws IllegalUseException if w is on another device, or this device is closed
   * @throws NativeLibraryException if the device runs out of memory or fails
   */
  public synchronized void matmul(CudaMatrix w, MemorySegment x, long m, MemorySegment y) {
    requireOpen();
    if (!w.isOn(this)) {
      throw new IllegalUseException("CUDA: " + w + " was uploaded by another CudaDevice");
    }
    String description = w + " times f32[" + w.k() + ", " + m + "]";
    if (m < 1 || m > MAX_DIM) {
      throw invalid(description, "expected 1 to 2^30 positions");
    }
    requireSize(description + ", x", x, w.k() * m * Float.BYTES);
    requireSize(description + ", y", y, w.n() * m * Float.BYTES);
    MemorySegment in = inputs.reserve(x.byteSize(), description);
    MemorySegment out = outputs.reserve(y.byteSize(), description);
    CudaLibrary.upload(stream, in, x, description);
    CudaLibrary.matmul(stream, w.type().id(), w.k(), w.n(), m, w.address(), in, out, description);
    CudaLibrary.download(stream, y, out, description);
  }

  /**
   * Frees all uploaded weights and buffers. A second call has no effect.
   *
   * @throws NativeLibraryException if the device reports a failure; the remaining memory is freed
   *     nevertheless
   */
  @Override
  public synchronized void close() {
    if (!open) {
      return;
    }
    open = false;
    List<Runnable> steps = new ArrayList<>();
    steps.add(() -> CudaLibrary.closeStream(stream));
    steps.add(inputs::free);
    steps.add(outputs::free);
    weights.forEach(address -> steps.add(() -> CudaLibrary.free(index, address)));
    NativeLibraryException first = null;
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (NativeLibraryException e) {
        first = first == null ? e : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }

  private void requireOpen() {
    if (!open) {
      throw new IllegalUseException("CUDA: device " + index + " is closed");
    }
  }

  private static void requireSize(String what, MemorySegment memory, long bytes) {
    if (!memory.isNative() || memory.byteSize() != bytes) {
      throw invalid(
          what + " in " + memory.byteSize() + " bytes " + (memory.isNative() ? "" : "on the heap"),
          "expected " + bytes + " bytes off the heap");
    }
  }

  private static InvalidRequestException invalid(String what, String expected) {
    return new InvalidRequestException("CUDA: " + what.strip() + ": " + expected);
  }

  /** Device memory for one operand, which grows on demand. */
  private final class DeviceBuffer {
    private final String name;
    private MemorySegment address = MemorySegment.NULL;
    private long bytes;

    DeviceBuffer(String name) {
      this.name = name;
    }

    MemorySegment reserve(long needed, String description) {
      if (needed > bytes) {
        free();
        address = CudaLibrary.allocate(index, needed, description + ", " + name);
        bytes = needed;
      }
      return address;
    }

    void free() {
      MemorySegment old = address;
      address = MemorySegment.NULL;
      bytes = 0;
      CudaLibrary.free(index, old);
    }
  }
}
