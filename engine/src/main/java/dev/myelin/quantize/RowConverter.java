package dev.myelin.quantize;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Dequantizer;
import dev.myelin.graph.Ggml;
import dev.myelin.natives.RowKernels;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Converts rows of one type to and from f32. Uses Myelin's native kernels for the types they
 * support, which write the same bytes as ggml, else ggml. All memory is off-heap.
 */
final class RowConverter {
  /** The bits of infinity; larger bits, without the sign, are NaN. */
  static final int INFINITY_BITS = 0x7f80_0000;

  private final GgmlType type;
  private final boolean hasNativeKernel;
  private final @Nullable Dequantizer dequantizer;

  private RowConverter(GgmlType type) {
    this.type = type;
    hasNativeKernel = RowKernels.quantizeBlockSize(type.id()) != 0;
    dequantizer = type.isQuantized() ? Dequantizer.of(type).orElse(null) : null;
  }

  static RowConverter of(GgmlType type) {
    Ggml.require();
    return new RowConverter(type);
  }

  /**
   * Whether tensors of this type can be converted; integers and types of intermediate results
   * cannot.
   */
  boolean isConvertible() {
    return TargetTypes.all().contains(type);
  }

  /**
   * Converts values to f32, into {@code out}. F32 input is only scanned.
   *
   * @param scratch 4 bytes for the result of the native call
   * @return the bits of the largest magnitude; {@link #INFINITY_BITS} or more if a value is not
   *     finite
   */
  int toFloats(MemorySegment in, long elements, MemorySegment out, MemorySegment scratch) {
    if (dequantizer != null) {
      dequantizer.dequantize(in, out);
      RowKernels.toF32(GgmlType.F32.id(), out, elements, out, scratch);
    } else {
      RowKernels.toF32(type.id(), in, elements, out, scratch);
    }
    return scratch.get(ValueLayout.JAVA_INT, 0);
  }

  /**
   * Quantizes rows of f32 values to this type.
   *
   * @param importance importance of each column, or {@link MemorySegment#NULL}
   */
  void fromFloats(
      MemorySegment floats,
      long rows,
      long rowLength,
      MemorySegment importance,
      MemorySegment out) {
    if (hasNativeKernel && importance.address() == 0) {
      RowKernels.quantize(type.id(), floats, rows * rowLength, out);
    } else {
      Ggml_h.ggml_quantize_chunk(type.id(), floats, out, 0, rows, rowLength, importance);
    }
  }
}
