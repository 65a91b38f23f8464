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

/**
 * Turns the elements of a type into floats: by ggml's own functions where it has one. Any number of
 * threads may use one.
 */
public final class Dequantizer {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final GgmlType type;
  private final MemorySegment function;

  private Dequantizer(GgmlType type, MemorySegment function) {
    this.type = type;
    this.function = function;
  }

  /**
   * The one for a type, integers and doubles included; empty for {@code q8_1} and {@code q8_K},
   * which ggml computes with but never reads values of.
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
   * Values as floats.
   *
   * @param blocks whole blocks and nothing else, in native memory where ggml reads the type
   * @param room native memory for their floats; its length says how many
   * @return {@code blocks} themselves where they are floats already, else {@code room}, filled
   * @throws InvalidRequestException where the sizes do not fit, or ggml would be given the heap
   */
  public MemorySegment floats(MemorySegment blocks, MemorySegment room) {
    long count = room.byteSize() / Float.BYTES;
    boolean byGgml = function.address() != 0 && type != GgmlType.F32;
    if (count % type.blockSize() != 0
        || blocks.byteSize() != type.bytes(count)
        || (byGgml && !(blocks.isNative() && room.isNative()))) {
      throw new InvalidRequestException(
          "%s values of %s from %s bytes: expected whole blocks and room for their floats"
              .formatted(count, type.ggmlName(), blocks.byteSize()));
    }
    if (type == GgmlType.F32) {
      return blocks;
    }
    if (byGgml) {
      ggml_to_float_t.invoke(function, blocks, room, count);
    } else {
      for (long i = 0; i < count; i++) {
        room.set(F32, i * Float.BYTES, plain(blocks, i));
      }
    }
    return room;
  }

  private float plain(MemorySegment from, long i) {
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
