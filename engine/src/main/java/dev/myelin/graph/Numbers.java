package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_to_float_t;
import dev.myelin.bindings.ggml.ggml_type_traits;
import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;

/** Values of one type as values of another, by ggml's own conversions. */
public final class Numbers {
  private Numbers() {}

  /** Whether {@link #toFloats} knows the type. */
  public static boolean isConvertible(GgmlType type) {
    Ggml.require();
    return type == GgmlType.F32 || ggml_type_traits.to_float(traits(type)).address() != 0;
  }

  /**
   * Dequantises whole blocks.
   *
   * @param from blocks of {@code type}
   * @param to f32, as many as the blocks hold
   * @throws MyelinException if the type is none of numbers, or the sizes do not fit
   */
  public static void toFloats(GgmlType type, MemorySegment from, MemorySegment to) {
    long count = to.byteSize() / Float.BYTES;
    if (!isConvertible(type)
        || count % type.blockSize() != 0
        || type.bytes(count) != from.byteSize()) {
      throw new MyelinException(
          "%d bytes of %s to %d values of f32: expected whole blocks of a convertible type"
              .formatted(from.byteSize(), type.ggmlName(), count));
    }
    if (type == GgmlType.F32) {
      to.copyFrom(from);
    } else {
      ggml_to_float_t.invoke(ggml_type_traits.to_float(traits(type)), from, to, count);
    }
  }

  private static MemorySegment traits(GgmlType type) {
    return Ggml_h.ggml_get_type_traits(type.id()).reinterpret(ggml_type_traits.sizeof());
  }
}
