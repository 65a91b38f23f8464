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
 * A GPU to multiply on: weights are uploaded once and stay until it is closed, which frees all. Any
 * thread may call it; calls take turns, and each has its result when it returns.
 */
public final class CudaDevice implements AutoCloseable {
  /** The library's limit of k, n and m. */
  private static final long LARGEST = 1L << 30;

  private final int index;
  private final MemorySegment stream;
  private final List<MemorySegment> weights = new ArrayList<>();
  private final Room inputs = new Room("inputs");
  private final Room outputs = new Room("outputs");
  private boolean open = true;

  private CudaDevice(int index) {
    this.index = index;
    this.stream = CudaLibrary.openStream(index);
  }

  /**
   * Opens a device.
   *
   * @param index its number in {@link CudaDevices#list}
   * @throws NativeLibraryException if libmyelin-cuda cannot be used, with the reason, or the GPU is
   *     too old for its kernels
   * @throws InvalidRequestException if there is no device of that number
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

  /** Types of weights that there are kernels for. */
  public List<GgmlType> types() {
    return Arrays.stream(GgmlType.values()).filter(t -> CudaLibrary.blockSize(t.id()) > 0).toList();
  }

  /**
   * Copies weights to the device.
   *
   * @param name the tensor's, for messages
   * @param k weights of a row, whole blocks
   * @param n rows
   * @param data the rows as they lie in a checkpoint, without gaps and nothing else, off the heap
   *     at any address
   * @throws InvalidRequestException if there is no kernel for the type, or the sizes do not fit
   * @throws NativeLibraryException if the device has not so much memory
   */
  public synchronized CudaMatrix upload(
      String name, GgmlType type, long k, long n, MemorySegment data) {
    requireOpen();
    String tensor = CudaMatrix.text(name, type, k, n);
    if (CudaLibrary.blockSize(type.id()) == 0) {
      throw bad(
          tensor,
          "expected " + types().stream().map(GgmlType::ggmlName).collect(Collectors.joining(", ")));
    }
    long row = CudaLibrary.rowBytes(type.id(), k);
    if (row == 0 || n < 1 || n > LARGEST) {
      throw bad(
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
   * Multiplies: y [n, m] = w [k, n] times x [k, m]. Up to 8 positions meet quantised weights as
   * int8 with a scale per 32 values; more are multiplied as halves.
   *
   * @param m positions
   * @param x k * m floats off the heap, position by position
   * @param y room for n * m floats off the heap, position by position
   * @throws InvalidRequestException if the sizes do not fit
   * @throws IllegalUseException if w lies in another device's memory, or this one is closed
   * @throws NativeLibraryException if the device has too little memory for x and y, or fails
   */
  public synchronized void multiply(CudaMatrix w, MemorySegment x, long m, MemorySegment y) {
    requireOpen();
    if (!w.isOf(this)) {
      throw new IllegalUseException("CUDA: " + w + " was uploaded by another CudaDevice");
    }
    String product = w + " times f32[" + w.k() + ", " + m + "]";
    if (m < 1 || m > LARGEST) {
      throw bad(product, "expected 1 to 2^30 positions");
    }
    requireSize(product + ", x", x, w.k() * m * Float.BYTES);
    requireSize(product + ", y", y, w.n() * m * Float.BYTES);
    MemorySegment in = inputs.reserve(x.byteSize(), product);
    MemorySegment out = outputs.reserve(y.byteSize(), product);
    CudaLibrary.upload(stream, in, x, product);
    CudaLibrary.matmul(stream, w.type().id(), w.k(), w.n(), m, w.address(), in, out, product);
    CudaLibrary.download(stream, y, out, product);
  }

  /**
   * Frees all that was uploaded. Closing twice is closing once.
   *
   * @throws NativeLibraryException if the device reports a failure; everything was given back that
   *     could be
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
      throw bad(
          what + " in " + memory.byteSize() + " bytes " + (memory.isNative() ? "" : "on the heap"),
          "expected " + bytes + " bytes off the heap");
    }
  }

  private static InvalidRequestException bad(String what, String expected) {
    return new InvalidRequestException("CUDA: " + what.strip() + ": " + expected);
  }

  /** Device memory for one operand, as large as the largest so far. */
  private final class Room {
    private final String name;
    private MemorySegment address = MemorySegment.NULL;
    private long bytes;

    Room(String name) {
      this.name = name;
    }

    MemorySegment reserve(long needed, String product) {
      if (needed > bytes) {
        free();
        address = CudaLibrary.allocate(index, needed, product + ", " + name);
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
