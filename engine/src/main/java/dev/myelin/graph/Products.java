package dev.myelin.graph;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Products of f32 matrices by Myelin's own kernels. Derivatives are built by ggml, mostly as outer
 * products, which its CPU backend computes far below what the processor can do: so the finished
 * graph's products are turned into nodes of ours, their operands left as they are.
 */
final class Products {
  /** GGML_N_TASKS_MAX. */
  private static final int ALL_THREADS = -1;

  private Products() {}

  static void replaceIn(MemorySegment graph, Arena arena) {
    // the reference only serves comparisons
    if (KernelsLibrary.products().equals("scalar")) {
      return;
    }
    try (TensorContext context = new TensorContext(4)) {
      MemorySegment mulMat = template(context, KernelsLibrary.mulMatKind(), arena);
      MemorySegment outProd = template(context, KernelsLibrary.outProdKind(), arena);
      int count = Ggml_h.ggml_graph_n_nodes(graph);
      for (int i = 0; i < count; i++) {
        MemorySegment node = Ggml_h.ggml_graph_node(graph, i);
        int op = ggml_tensor.op(node);
        if (op == Ggml_h.GGML_OP_MUL_MAT() && ofFloats(node)) {
          become(node, mulMat);
        } else if (op == Ggml_h.GGML_OP_OUT_PROD() && ofFloats(node)) {
          become(node, outProd);
        }
      }
    }
  }

  /** A custom operation as ggml itself describes it. */
  private static MemorySegment template(TensorContext context, MemorySegment kind, Arena arena) {
    Tensor any = context.tensor("", GgmlType.F32, 1);
    MemorySegment sources = arena.allocate(ValueLayout.ADDRESS);
    sources.set(ValueLayout.ADDRESS, 0, any.struct());
    MemorySegment made =
        Ggml_h.ggml_custom_4d(
            context.room(1),
            GgmlType.F32.id(),
            1,
            1,
            1,
            1,
            sources,
            1,
            KernelsLibrary.productOperation(),
            ALL_THREADS,
            kind);
    MemorySegment copy = ggml_tensor.allocate(arena);
    return copy.copyFrom(made.asSlice(0, copy.byteSize()));
  }

  private static boolean ofFloats(MemorySegment node) {
    return isF32(ggml_tensor.src(node, 0)) && isF32(ggml_tensor.src(node, 1)) && isF32(node);
  }

  private static boolean isF32(MemorySegment tensor) {
    return ggml_tensor.type(tensor) == GgmlType.F32.id();
  }

  private static void become(MemorySegment node, MemorySegment template) {
    ggml_tensor.op(node, ggml_tensor.op(template));
    ggml_tensor.op_params(node, ggml_tensor.op_params(template));
  }
}
