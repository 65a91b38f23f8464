package dev.myelin.cuda;

import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;

/**
 * Weights [k, n] in the memory of a {@link CudaDevice}, which frees them on close. Immutable and
 * thread-safe, while the device is open.
 */
public final class CudaMatrix {
  private final CudaDevice device;
  private final String name;
  private final GgmlType type;
  private final long k;
  private final long n;
  private final MemorySegment address;

  CudaMatrix(CudaDevice device, String name, GgmlType type, long k, long n, MemorySegment address) {
    this.device = device;
    this.name = name;
    this.type = type;
    this.k = k;
    this.n = n;
    this.address = address;
  }

  public String name() {
    return name;
  }

  public GgmlType type() {
    return type;
  }

  /** Weights per row: the length of an input. */
  public long k() {
    return k;
  }

  /** Number of rows: the length of an output. */
  public long n() {
    return n;
  }

  MemorySegment address() {
    return address;
  }

  boolean isOn(CudaDevice other) {
    return device == other;
  }

  @Override
  public String toString() {
    return describe(name, type, k, n);
  }

  static String describe(String name, GgmlType type, long k, long n) {
    return "tensor %s of %s[%s, %s]".formatted(name, type.ggmlName(), k, n);
  }
}
