package dev.myelin.quantize;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_to_float_t;
import dev.myelin.bindings.ggml.ggml_type_traits;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Ggml;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rows of one type to floats and to another type, by ggml; memory off the heap. */
final class RowConverter {
  /** The bits of infinity: larger ones, without the sign, are no numbers. */
  static final int INFINITE = 0x7f80_0000;

  private final GgmlType type;
  private final MemorySegment toFloat;

  /** Reads rows of a type. */
  private RowConverter(GgmlType type, MemorySegment toFloat) {
    this.type = type;
    this.toFloat = toFloat;
  }

  /** For a type, or null where its values cannot be told. */
  static RowConverter of(GgmlType type) {
    Ggml.require();
    if (type == GgmlType.F32) {
      return new RowConverter(type, MemorySegment.NULL);
    }
    MemorySegment traits =
        ggml_type_traits.reinterpret(
            Ggml_h.ggml_get_type_traits(type.id()), java.lang.foreign.Arena.global(), null);
    MemorySegment function = ggml_type_traits.to_float(traits);
    return function.address() == 0 ? null : new RowConverter(type, function);
  }

  /**
   * Values as floats.
   *
   * @return {@code in} itself where they are, else {@code out}
   */
  MemorySegment toFloats(MemorySegment in, MemorySegment out, long elements) {
    if (type == GgmlType.F32) {
      return in;
    }
    ggml_to_float_t.invoke(toFloat, in, out, elements);
    return out;
  }

  /** The largest magnitude, as the bits of a float; {@link #INFINITE} or more if one is none. */
  static int largestBits(MemorySegment floats, long elements) {
    int largest = 0;
    for (long i = 0; i < elements; i++) {
      int bits = floats.getAtIndex(ValueLayout.JAVA_INT, i) & Integer.MAX_VALUE;
      largest = Math.max(largest, bits);
    }
    return largest;
  }
}
