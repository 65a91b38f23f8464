package dev.myelin.graph;

import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import java.util.Arrays;

/** Checks of shapes and types that ggml would otherwise assert. */
final class Shapes {
  private Shapes() {}

  static void checkNew(String name, GgmlType type, long... dims) {
    boolean isValid = dims.length >= 1 && dims.length <= 4 && dims[0] % type.blockSize() == 0;
    long elements = 1;
    for (long d : dims) {
      isValid &= d > 0 && d <= Integer.MAX_VALUE && elements <= Long.MAX_VALUE / 8 / d;
      elements = isValid ? elements * d : 1;
    }
    if (!isValid) {
      throw new MyelinException(
          "graph: no tensor " + name + " of " + type.ggmlName() + Arrays.toString(dims));
    }
  }

  static void check(boolean holds, String operation, Tensor... tensors) {
    if (!holds) {
      throw new MyelinException("graph: " + operation + ": " + Arrays.toString(tensors));
    }
  }

  /** Whether {@code b} can be broadcast to the shape of {@code a}. */
  static boolean canBroadcast(Tensor a, Tensor b) {
    for (int i = 0; i < 4; i++) {
      if (a.dim(i) % b.dim(i) != 0) {
        return false;
      }
    }
    return true;
  }

  static boolean isPermutation(int... axes) {
    int seen = 0;
    for (int axis : axes) {
      seen |= axis >= 0 && axis < 4 ? 1 << axis : 0;
    }
    return axes.length == 4 && seen == 0b1111;
  }

  static boolean isSameShape(Tensor a, Tensor b) {
    for (int i = 0; i < 4; i++) {
      if (a.dim(i) != b.dim(i)) {
        return false;
      }
    }
    return true;
  }

  static boolean isF32(Tensor t) {
    return t.type() == GgmlType.F32;
  }

  static boolean isI32(Tensor t) {
    return t.type() == GgmlType.I32;
  }

  /** Whether {@code t} is f32 and the elements of a row are adjacent. */
  static boolean isF32Rows(Tensor t) {
    return isF32(t) && t.stride(0) == Float.BYTES;
  }

  /** Whether the elements of a row are adjacent. */
  static boolean hasDenseRows(Tensor t) {
    return t.stride(0) == t.type().blockBytes();
  }

  static boolean isFloat(GgmlType type) {
    return type == GgmlType.F32 || type == GgmlType.F16 || type == GgmlType.BF16;
  }

  static boolean isMultiple(long n, long of) {
    return n > 0 && n % of == 0;
  }

  static boolean isReshape(Tensor a, long d0, long d1, long d2, long d3) {
    return d0 > 0
        && d1 > 0
        && d2 > 0
        && d3 > 0
        && d0 % a.type().blockSize() == 0
        && a.isContiguousFrom(0)
        && a.elements() == d0 * d1 * d2 * d3;
  }

  /**
   * Whether a view with these dimensions, strides and offset lies inside of {@code a}, and one with
   * dense rows would too: ggml asserts the latter.
   */
  static boolean isInside(
      Tensor a, long d0, long d1, long d2, long d3, long s1, long s2, long s3, long offset) {
    GgmlType type = a.type();
    if (d0 <= 0 || d1 <= 0 || d2 <= 0 || d3 <= 0 || d0 % type.blockSize() != 0) {
      return false;
    }
    int block = type.blockBytes();
    boolean isAligned = s1 % block == 0 && s2 % block == 0 && s3 % block == 0;
    if (!isAligned || offset % block != 0 || s1 < 0 || s2 < 0 || s3 < 0 || offset < 0) {
      return false;
    }
    // doubles, because products of what a caller passes may exceed a long
    double row = type.bytes(d0);
    double span = (d1 - 1.0) * s1 + (d2 - 1.0) * s2 + (d3 - 1.0) * s3 + row;
    double dense = row * d1 * d2 * d3;
    return offset + Math.max(span, dense) <= extent(a);
  }

  /** Bytes from the first to after the last element. */
  private static long extent(Tensor a) {
    GgmlType type = a.type();
    long last = 0;
    for (int i = 1; i < 4; i++) {
      last += (a.dim(i) - 1) * a.stride(i);
    }
    if (hasDenseRows(a)) {
      return last + type.bytes(a.dim(0));
    }
    return type.isQuantized() ? 0 : last + (a.dim(0) - 1) * a.stride(0) + type.blockBytes();
  }

  /** Whether {@code t} is f32 and contiguous. */
  static boolean isDense(Tensor t) {
    return isF32Rows(t) && t.isContiguousFrom(0);
  }

  static boolean hasShape(Tensor t, long d0, long d1, long d2, long d3) {
    return t.dim(0) == d0 && t.dim(1) == d1 && t.dim(2) == d2 && t.dim(3) == d3;
  }
}
