package dev.myelin.graph;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.gguf.GgmlType;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Which matmuls Myelin's own kernels compute: those of the types, and on the machines, for which
 * there are some. An output is the same bit for bit whatever other positions are in the batch.
 */
public final class OwnKernels {
  private OwnKernels() {}

  /** Whether activations stay f32 for a format: those of weights that are floats. */
  static boolean isF32(int format) {
    return format == KernelsLibrary.f32Activations();
  }

  /** Whether {@code w} [k, n] times {@code x} [k, m] is theirs. */
  public static boolean serve(Tensor w, Tensor x) {
    return fits(w, x) && x.dim(2) * x.dim(3) * w.dim(2) * w.dim(3) == 1 && w.dim(0) == x.dim(0);
  }

  /** Whether the products of these weights with {@code x} can be one operation. */
  public static boolean together(List<Tensor> weights, Tensor x) {
    return !weights.isEmpty()
        && weights.size() <= KernelsLibrary.mostMatrices()
        && weights.stream().allMatch(w -> serve(w, x) && format(w) == format(weights.getFirst()));
  }

  /** How activations must be quantised for such weights. */
  static int format(Tensor w) {
    return KernelsLibrary.activationFormat(w.type().id());
  }

  /** Whether types and layouts are theirs: all that a mixture's [k, n, experts] has to be asked. */
  static boolean fits(Tensor w, Tensor x) {
    int format = format(w);
    return format != 0
        && x.type() == GgmlType.F32
        && x.stride(0) == Float.BYTES
        && w.isContiguousFrom(0)
        && KernelsLibrary.activationBytes(format, x.dim(0)) > 0;
  }

  /**
   * Whether attention of {@code q} [headSize, heads, tokens] over {@code k} and {@code v}
   * [headSize, cells, kvHeads] is theirs.
   */
  public static boolean attend(Tensor q, Tensor k, Tensor v) {
    return q.type() == GgmlType.F32
        && k.type() == v.type()
        && KernelsLibrary.attentionServes(k.type().id(), q.dim(0))
        && q.dim(0) == k.dim(0)
        && q.dim(1) % k.dim(2) == 0
        && Shapes.sameShape(k, v)
        && q.dim(3) == 1
        && k.dim(3) == 1
        && q.stride(0) == Float.BYTES
        && k.stride(0) == k.type().blockBytes()
        && v.stride(0) == v.type().blockBytes();
  }

  /** The types served on this machine, by the name of the instruction set; for display. */
  public static Map<GgmlType, String> served() {
    Ggml.require();
    Map<GgmlType, String> types = new EnumMap<>(GgmlType.class);
    for (GgmlType type : GgmlType.values()) {
      if (KernelsLibrary.activationFormat(type.id()) != 0) {
        types.put(type, KernelsLibrary.kernels());
      }
    }
    return types;
  }
}
