package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_to_float_t;
import dev.myelin.bindings.ggml.ggml_type_traits;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** Converts values of a tensor type to f32, by ggml's function where it has one. Thread-safe. */
public final class Dequantizer {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final GgmlType type;
  private final MemorySegment function;

  private Dequantizer(GgmlType type, MemorySegment function) {
    this.type = type;
    this.function = function;
  }

  /**
   * The dequantizer of a type, integers and doubles included. Empty for {@code q8_1} and {@code
   * q8_K}, which ggml cannot convert to f32.
   *
   * @throws dev.myelin.error.NativeLibraryException if ggml cannot be loaded
   */
  public static Optional<Dequantizer> of(GgmlType type) {
    Ggml.require();
    MemorySegment traits =
        Ggml_h.ggml_get_type_traits(type.id()).reinterpret(ggml_type_traits.sizeof());
    MemorySegment function = ggml_type_traits.to_float(traits);
    boolean isReadable = function.address() != 0 || !type.isQuantized();
    return isReadable ? Optional.of(new Dequantizer(type, function)) : Optional.empty();
  }

  /**
   * Converts blocks to f32.
   *
   * @param blocks whole blocks; native memory if ggml converts the type
   * @param out receives the floats; its size gives their number; native memory if ggml converts the
   *     type
   * @return {@code blocks} if the type is f32, else {@code out}
   * @throws InvalidRequestException if the sizes do not match, or memory for ggml is on the heap
   */
  public MemorySegment dequantize(MemorySegment blocks, MemorySegment out) {
    long count = out.byteSize() / Float.BYTES;
    boolean usesGgml = function.address() != 0 && type != GgmlType.F32;
    if (count % type.blockSize() != 0
        || blocks.byteSize() != type.bytes(count)
        || (usesGgml && !(blocks.isNative() && out.isNative()))) {
      throw new InvalidRequestException(
          "%s values of %s from %s bytes: expected whole blocks and an f32 buffer of the same length"
              .formatted(count, type.ggmlName(), blocks.byteSize()));
    }
    if (type == GgmlType.F32) {
      return blocks;
    }
    if (usesGgml) {
      ggml_to_float_t.invoke(function, blocks, out, count);
    } else {
      for (long i = 0; i < count; i++) {
        out.set(F32, i * Float.BYTES, readElement(blocks, i));
      }
    }
    return out;
  }

  private float readElement(MemorySegment from, long i) {
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
