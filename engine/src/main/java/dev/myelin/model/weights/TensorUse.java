package dev.myelin.model.weights;

import dev.myelin.gguf.GgmlType;

/** The use of a tensor, which limits its type. */
public enum TensorUse {
  /** A matrix or stack of matrices, multiplied or looked up by row. */
  MATRIX("a type that can be multiplied"),
  /** One number, or one per row or column: a norm's weight, a bias, a scale. */
  VECTOR("f32"),
  /** Numbers that are read one by one: a convolution, a table of biases. */
  FLOATS("f32");

  private final String expected;

  TensorUse(String expected) {
    this.expected = expected;
  }

  /** The types, for messages. */
  String expected() {
    return expected;
  }

  boolean allows(GgmlType type) {
    return switch (this) {
      case MATRIX -> type.isMatmulType();
      case VECTOR, FLOATS -> type == GgmlType.F32;
    };
  }
}
