package dev.myelin.graph;

import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.CustomOp;
import dev.myelin.natives.KernelInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Activations in the quantised formats of the native kernels. Each tensor is quantised once per
 * format and shared by all weights that multiply it. Where possible, the operation that produces
 * the tensor (SwiGLU, RMS norm) is fused with quantisation: its f32 result is then neither stored
 * nor part of the graph, unless another node reads it.
 */
final class Activations {
  private final Map<Tensor, Map<Integer, Tensor>> quantized = new IdentityHashMap<>();
  private final Map<Tensor, Producer> producers = new IdentityHashMap<>();

  /** The operation that produced a tensor. */
  private sealed interface Producer {}

  private record Swiglu(Tensor gate, Tensor up) implements Producer {}

  private record RmsNorm(Tensor x, float epsilon) implements Producer {}

  private record WeightedRmsNorm(RmsNorm norm, Tensor weight) implements Producer {}

  /** Records that {@code y} is silu(gate) * up. */
  void recordSwiglu(Tensor y, Tensor gate, Tensor up) {
    if (isMatrix(gate) && isMatrix(up)) {
      producers.put(y, new Swiglu(gate, up));
    }
  }

  /** Records that {@code y} is the RMS norm of x. */
  void recordRmsNorm(Tensor y, Tensor x, float epsilon) {
    if (isMatrix(x)) {
      producers.put(y, new RmsNorm(x, epsilon));
    }
  }

  /** Records that {@code y} is a * b, with b broadcast to the shape of a. */
  void recordMultiply(Tensor y, Tensor a, Tensor b) {
    if (producers.get(a) instanceof RmsNorm norm && b.elements() == a.dim(0) && isMatrix(b)) {
      producers.put(y, new WeightedRmsNorm(norm, b));
    }
  }

  private static boolean isMatrix(Tensor t) {
    return t.dim(2) * t.dim(3) == 1 && t.stride(0) == Float.BYTES;
  }

  /** The rows of x [k, m] in the activation format of a kernel: i8 [bytes, m]. */
  Tensor quantized(GraphBuilder g, Tensor x, int format) {
    return quantized
        .computeIfAbsent(x, t -> new HashMap<>())
        .computeIfAbsent(format, f -> quantize(g, x, f));
  }

  private Tensor quantize(GraphBuilder g, Tensor x, int format) {
    MemorySegment formatOnly = MemorySegment.ofAddress(format);
    Producer producer = producers.get(x);
    if (producer instanceof Swiglu(Tensor gate, Tensor up)) {
      return customNode(g, x, format, CustomOp.QUANTIZE_SWIGLU, formatOnly, gate, up);
    }
    if (producer instanceof WeightedRmsNorm(RmsNorm norm, Tensor weight)) {
      MemorySegment params = g.scratch(KernelInfo.rmsNormParamsBytes());
      params.set(ValueLayout.JAVA_INT, 0, format);
      params.set(ValueLayout.JAVA_FLOAT, Integer.BYTES, norm.epsilon);
      return customNode(g, x, format, CustomOp.QUANTIZE_RMS_NORM, params, norm.x, weight);
    }
    return customNode(g, x, format, CustomOp.QUANTIZE, formatOnly, x);
  }

  private static Tensor customNode(
      GraphBuilder g, Tensor x, int format, CustomOp op, MemorySegment userdata, Tensor... src) {
    long bytes = KernelInfo.activationRowBytes(format, x.dim(0));
    return g.custom(GgmlType.I8, bytes, x.dim(1), op, userdata, src);
  }
}
