package dev.myelin.gguf;

import dev.myelin.error.InvalidRequestException;
import java.util.Optional;

/**
 * The tensor types of ggml 0.25.1, with the number of elements and bytes of a block. A row of a
 * tensor is a whole number of blocks. Block layouts: ggml's {@code ggml-common.h}. Immutable and
 * thread-safe.
 */
public enum GgmlType {
  F32(0, "f32", 1, 4),
  F16(1, "f16", 1, 2),
  Q4_0(2, "q4_0", 32, 18),
  Q4_1(3, "q4_1", 32, 20),
  Q5_0(6, "q5_0", 32, 22),
  Q5_1(7, "q5_1", 32, 24),
  Q8_0(8, "q8_0", 32, 34),
  Q8_1(9, "q8_1", 32, 36),
  Q2_K(10, "q2_K", 256, 84),
  Q3_K(11, "q3_K", 256, 110),
  Q4_K(12, "q4_K", 256, 144),
  Q5_K(13, "q5_K", 256, 176),
  Q6_K(14, "q6_K", 256, 210),
  Q8_K(15, "q8_K", 256, 292),
  IQ2_XXS(16, "iq2_xxs", 256, 66),
  IQ2_XS(17, "iq2_xs", 256, 74),
  IQ3_XXS(18, "iq3_xxs", 256, 98),
  IQ1_S(19, "iq1_s", 256, 50),
  IQ4_NL(20, "iq4_nl", 32, 18),
  IQ3_S(21, "iq3_s", 256, 110),
  IQ2_S(22, "iq2_s", 256, 82),
  IQ4_XS(23, "iq4_xs", 256, 136),
  I8(24, "i8", 1, 1),
  I16(25, "i16", 1, 2),
  I32(26, "i32", 1, 4),
  I64(27, "i64", 1, 8),
  F64(28, "f64", 1, 8),
  IQ1_M(29, "iq1_m", 256, 56),
  BF16(30, "bf16", 1, 2),
  TQ1_0(34, "tq1_0", 256, 54),
  TQ2_0(35, "tq2_0", 256, 66),
  MXFP4(39, "mxfp4", 32, 17),
  NVFP4(40, "nvfp4", 64, 36),
  Q1_0(41, "q1_0", 128, 18),
  Q2_0(42, "q2_0", 64, 18);

  /** One more than the largest id. Ids 4, 5, 31 to 33 and 36 to 38 were removed from ggml. */
  static final int ID_LIMIT = 43;

  private static final GgmlType[] BY_ID = new GgmlType[ID_LIMIT];

  static {
    for (GgmlType type : values()) {
      BY_ID[type.id] = type;
    }
  }

  private final int id;
  private final String ggmlName;
  private final int blockSize;
  private final int blockBytes;

  GgmlType(int id, String ggmlName, int blockSize, int blockBytes) {
    this.id = id;
    this.ggmlName = ggmlName;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  /** The number of this type in files and in ggml's {@code enum ggml_type}. */
  public int id() {
    return id;
  }

  /** The name in ggml, such as {@code f32} or {@code q4_K}. */
  public String ggmlName() {
    return ggmlName;
  }

  /** Elements in a block. */
  public int blockSize() {
    return blockSize;
  }

  /** Bytes in a block. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether a block holds more than one element. */
  public boolean isQuantized() {
    return blockSize > 1;
  }

  /**
   * Whether ggml's matmul takes weights of this type. The others occur only inside computations.
   */
  public boolean isMatmulType() {
    return switch (this) {
      case I8, I16, I32, I64, F64, Q8_1, Q8_K -> false;
      default -> true;
    };
  }

  /**
   * Whether weights are entries of a grid, times a scale. ggml builds tables to search it when it
   * first quantizes to the type.
   */
  public boolean isGrid() {
    return switch (this) {
      case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S -> true;
      default -> false;
    };
  }

  /** Bits per element, scales included. */
  public double bitsPerElement() {
    return 8.0 * blockBytes / blockSize;
  }

  /**
   * The size of {@code elements} elements in bytes.
   *
   * @throws InvalidRequestException if they are not a whole number of blocks, or the size exceeds a
   *     long
   */
  public long bytes(long elements) {
    if (elements < 0 || elements % blockSize != 0) {
      throw new InvalidRequestException(
          elements + " elements of " + ggmlName + ": expected a multiple of " + blockSize);
    }
    try {
      return Math.multiplyExact(elements / blockSize, (long) blockBytes);
    } catch (ArithmeticException e) {
      throw new InvalidRequestException(
          elements + " elements of " + ggmlName + ": their bytes exceed 64 bits");
    }
  }

  /** The type with this id, or empty if ggml 0.25.1 does not have it. */
  public static Optional<GgmlType> ofId(int id) {
    return id < 0 || id >= ID_LIMIT ? Optional.empty() : Optional.ofNullable(BY_ID[id]);
  }
}
