package dev.myelin.graph;

import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.Isa;
import dev.myelin.natives.KernelInfo;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Which operations the native kernels (libmyelin) support, by tensor type, shape and instruction
 * set. Their outputs are batch invariant: bit-identical whatever other tokens are in the batch.
 */
public final class NativeKernels {
  private NativeKernels() {}

  /** Whether activations of this format are plain f32: those of f16, bf16 and f32 weights. */
  static boolean isF32(int format) {
    return format == KernelInfo.f32ActivationFormat();
  }

  /** Whether a native kernel computes {@code w} [k, n] times {@code x} [k, m]. */
  public static boolean supportsMatmul(Tensor w, Tensor x) {
    return supportsOperands(w, x)
        && x.dim(2) * x.dim(3) * w.dim(2) * w.dim(3) == 1
        && w.dim(0) == x.dim(0);
  }

  /** Whether one operation can multiply all these weights with {@code x}. */
  public static boolean supportsGroupedMatmul(List<Tensor> weights, Tensor x) {
    return !weights.isEmpty()
        && weights.size() <= KernelInfo.maxMatrices()
        && weights.stream()
            .allMatch(
                w ->
                    supportsMatmul(w, x)
                        && activationFormat(w) == activationFormat(weights.getFirst()));
  }

  /** The activation format for a weight's type, 0 if no native kernel supports it. */
  static int activationFormat(Tensor w) {
    return KernelInfo.activationFormat(w.type().id());
  }

  /** Whether types and layouts are supported. Experts [k, n, experts] need no further check. */
  static boolean supportsOperands(Tensor w, Tensor x) {
    int format = activationFormat(w);
    return format != 0
        && x.type() == GgmlType.F32
        && x.stride(0) == Float.BYTES
        && w.isContiguousFrom(0)
        && KernelInfo.activationRowBytes(format, x.dim(0)) > 0;
  }

  /**
   * Whether the fast native kernel computes attention of {@code q} [headSize, heads, tokens] over
   * {@code k} and {@code v} [headSize, cells, kvHeads].
   */
  public static boolean supportsAttention(Tensor q, Tensor k, Tensor v) {
    return q.type() == GgmlType.F32
        && k.type() == v.type()
        && KernelInfo.isAttentionSupported(k.type().id(), q.dim(0))
        && q.dim(0) == k.dim(0)
        && q.dim(1) % k.dim(2) == 0
        && Shapes.isSameShape(k, v)
        && q.dim(3) == 1
        && k.dim(3) == 1
        && q.stride(0) == Float.BYTES
        && k.stride(0) == k.type().blockBytes()
        && v.stride(0) == v.type().blockBytes();
  }

  /** Whether the native operation adds them. */
  static boolean supportsAdd(Tensor a, Tensor b) {
    return isInUse() && Shapes.isSameShape(a, b) && isContiguousF32(a) && isContiguousF32(b);
  }

  /** Whether the native operation computes the GELU of {@code a}. */
  static boolean supportsGelu(Tensor a) {
    return isInUse() && isContiguousF32(a);
  }

  private static boolean isContiguousF32(Tensor a) {
    return Shapes.isF32(a) && a.isContiguousFrom(0) && a.dim(3) == 1;
  }

  /** Whether the native operation rotates by these parameters. */
  static boolean supportsRope(Tensor a, RopeParameters p) {
    return isInUse() && p.extFactor() == 0 && a.dim(3) == 1;
  }

  private static boolean isInUse() {
    return !Isa.kernels().isEmpty();
  }

  /**
   * The weight types supported on this machine and the instruction set used for each; for display.
   */
  public static Map<GgmlType, String> supportedTypes() {
    Ggml.require();
    Map<GgmlType, String> types = new EnumMap<>(GgmlType.class);
    for (GgmlType type : GgmlType.values()) {
      if (KernelInfo.activationFormat(type.id()) != 0) {
        types.put(type, Isa.kernels());
      }
    }
    return types;
  }
}
