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
}
