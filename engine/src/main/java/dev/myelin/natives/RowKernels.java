package dev.myelin.natives;

import dev.myelin.bindings.kernels.Myelin_h;
import java.lang.foreign.MemorySegment;

/** Kernels that convert rows of weights. */
public final class RowKernels {
  private RowKernels() {}

  /** Values of a block of a ggml type if {@link #quantize} supports it on this machine, else 0. */
  public static int quantizeBlockSize(int type) {
    return Myelin_h.myelin_quantize_block_size(type);
  }

  /**
   * Quantises n finite floats, whole blocks, as ggml's reference does without an importance matrix.
   */
  public static void quantize(int type, MemorySegment floats, long n, MemorySegment out) {
    Natives.check(Myelin_h.myelin_quantize(type, floats, n, out));
  }

  /**
   * Converts n values of f16 or bf16 to f32; f32 is not copied.
   *
   * @param maxBits gets 4 bytes: the largest bit pattern without the sign
   */
  public static void toF32(
      int type, MemorySegment values, long n, MemorySegment floats, MemorySegment maxBits) {
    Natives.check(Myelin_h.myelin_to_f32(type, values, n, floats, maxBits));
  }
}
