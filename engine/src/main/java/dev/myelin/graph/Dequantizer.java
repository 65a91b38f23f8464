package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_to_float_t;
import dev.myelin.bindings.ggml.ggml_type_traits;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** Turns the elements of a type into floats: by ggml's own functions where it has one. */
public final class Dequantizer {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final GgmlType type;
  private final MemorySegment function;

  private Dequantizer(GgmlType type, MemorySegment function) {
    this.type = type;
    this.function = function;
  }

  /**
   * The one for a type; empty for {@code q8_1} and {@code q8_K}, which ggml computes with but never
   * reads values of.
   *
   * @throws NativeLibraryException if ggml cannot be loaded
   */
  public static Optional<Dequantizer> of(GgmlType type) {
    Ggml.require();
    MemorySegment traits =
        Ggml_h.ggml_get_type_traits(type.id()).reinterpret(ggml_type_traits.sizeof());
    MemorySegment function = ggml_type_traits.to_float(traits);
    boolean known = function.address() != 0 || !type.isQuantized();
    return known ? Optional.of(new Dequantizer(type, function)) : Optional.empty();
  }

  /**
   * Turns whole blocks into floats.
   *
   * @param from native memory with the blocks, and nothing else
   * @param floats takes them; its length says how many
   * @param work native memory for as many floats
   */
  public void toFloats(MemorySegment from, float[] floats, int count, MemorySegment work) {
    if (from.byteSize() != type.bytes(count)
        || count > floats.length
        || work.byteSize() < (long) count * Float.BYTES
        || !from.isNative()
        || !work.isNative()) {
      throw new InvalidRequestException(
          "%d values of %s from %d bytes: expected whole blocks and room for their floats"
              .formatted(count, type.ggmlName(), from.byteSize()));
    }
    if (function.address() == 0) {
      plain(from, floats, count);
      return;
    }
    ggml_to_float_t.invoke(function, from, work, count);
    MemorySegment.copy(work, F32, 0, floats, 0, count);
  }

  private void plain(MemorySegment from, float[] floats, int count) {
    if (type == GgmlType.F32) {
      MemorySegment.copy(from, F32, 0, floats, 0, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      floats[i] = plain(from, i);
    }
  }

  private float plain(MemorySegment from, int i) {
    return switch (type) {
      case I8 -> from.get(ValueLayout.JAVA_BYTE, i);
      case I16 -> from.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i);
      case I32 -> from.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * i);
      case I64 -> from.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i);
      case F64 -> (float) from.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8L * i);
      default -> throw new IllegalStateException("ggml cannot read " + type.ggmlName());
    };
  }
}
