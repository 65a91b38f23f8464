package dev.myelin.quantize;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Dequantizer;
import dev.myelin.graph.Ggml;
import dev.myelin.natives.KernelsLibrary;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Rows of a type to floats and back: by our own kernels where they have the type, which write the
 * same bytes, else by ggml. Memory off the heap.
 */
final class RowConverter {
  /** The bits of infinity: larger ones, without the sign, are no numbers. */
  static final int INFINITE = 0x7f80_0000;

  private final GgmlType type;
  private final boolean own;
  private final Dequantizer dequantizer;

  private RowConverter(GgmlType type) {
    this.type = type;
    own = KernelsLibrary.encodeBlock(type.id()) != 0;
    dequantizer = type.isQuantized() ? Dequantizer.of(type).orElse(null) : null;
  }

  static RowConverter of(GgmlType type) {
    Ggml.require();
    return new RowConverter(type);
  }

  /** Whether values of this type can be told: integers and some types of computations cannot. */
  boolean isReadable() {
    return Targets.all().contains(type);
  }

  /**
   * Values as floats, in {@code out} unless they are floats where they lie.
   *
   * @param scratch 4 bytes
   * @return the largest magnitude as the bits of a float; {@link #INFINITE} or more if one is not
   *     finite
   */
  int toFloats(MemorySegment in, long elements, MemorySegment out, MemorySegment scratch) {
    if (dequantizer != null) {
      dequantizer.dequantize(in, out);
      KernelsLibrary.widen(GgmlType.F32.id(), out, elements, out, scratch);
    } else {
      KernelsLibrary.widen(type.id(), in, elements, out, scratch);
    }
    return scratch.get(ValueLayout.JAVA_INT, 0);
  }

  /**
   * Writes rows of floats in this type.
   *
   * @param importance of each column, or {@link MemorySegment#NULL}
   */
  void fromFloats(
      MemorySegment floats, long rows, long row, MemorySegment importance, MemorySegment out) {
    if (own && importance.address() == 0) {
      KernelsLibrary.encode(type.id(), floats, rows * row, out);
    } else {
      Ggml_h.ggml_quantize_chunk(type.id(), floats, out, 0, rows, row, importance);
    }
  }
}
