package dev.myelin.graph;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Activations as Myelin's own kernels read them: quantised, once for all the weights that they are
 * multiplied with. What made them is part of the same operation where it can be: then they are
 * never stored as floats, and left out of the graph unless something else reads them.
 */
final class Activations {
  private final Map<Tensor, Map<Integer, Tensor>> quantized = new IdentityHashMap<>();
  private final Map<Tensor, Source> sources = new IdentityHashMap<>();

  /** How a tensor was made. */
  private sealed interface Source {}

  private record Gated(Tensor gate, Tensor up) implements Source {}

  private record Normed(Tensor x, float epsilon) implements Source {}

  private record Weighted(Normed norm, Tensor weight) implements Source {}

  /** Notes that {@code y} is silu(gate) * up. */
  void gated(Tensor y, Tensor gate, Tensor up) {
    if (isMatrix(gate) && isMatrix(up)) {
      sources.put(y, new Gated(gate, up));
    }
  }

  /** Notes that {@code y} is the RMS norm of x. */
  void normed(Tensor y, Tensor x, float epsilon) {
    if (isMatrix(x)) {
      sources.put(y, new Normed(x, epsilon));
    }
  }

  /** Notes that {@code y} is a product, b repeated to the shape of a. */
  void multiplied(Tensor y, Tensor a, Tensor b) {
    if (sources.get(a) instanceof Normed norm && b.elements() == a.dim(0) && isMatrix(b)) {
      sources.put(y, new Weighted(norm, b));
    }
  }

  private static boolean isMatrix(Tensor t) {
    return t.dim(2) * t.dim(3) == 1 && t.stride(0) == Float.BYTES;
  }

  /** The rows of x [k, m] in a kernel's format: i8 [bytes, m]. */
  Tensor quantized(GraphBuilder g, Tensor x, int format) {
    return quantized
        .computeIfAbsent(x, t -> new HashMap<>())
        .computeIfAbsent(format, f -> quantize(g, x, f));
  }

  private Tensor quantize(GraphBuilder g, Tensor x, int format) {
    MemorySegment plain = MemorySegment.ofAddress(format);
    Source source = sources.get(x);
    if (source instanceof Gated(Tensor gate, Tensor up)) {
      return node(g, x, format, KernelsLibrary.quantizeGatedOperation(), plain, gate, up);
    }
    if (source instanceof Weighted(Normed norm, Tensor weight)) {
      MemorySegment of = g.scratch(KernelsLibrary.normedBytes());
      of.set(ValueLayout.JAVA_INT, 0, format);
      of.set(ValueLayout.JAVA_FLOAT, Integer.BYTES, norm.epsilon);
      return node(g, x, format, KernelsLibrary.quantizeNormedOperation(), of, norm.x, weight);
    }
    return node(g, x, format, KernelsLibrary.quantizeOperation(), plain, x);
  }

  private static Tensor node(
      GraphBuilder g,
      Tensor x,
      int format,
      MemorySegment operation,
      MemorySegment data,
      Tensor... src) {
    long bytes = KernelsLibrary.activationBytes(format, x.dim(0));
    return g.custom(GgmlType.I8, bytes, x.dim(1), operation, data, src);
  }
}
