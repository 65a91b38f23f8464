package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.CustomOp;
import dev.myelin.natives.Isa;
import dev.myelin.natives.KernelInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Replaces the f32 matmuls and outer products of a training graph by native SGEMM nodes with the
 * same operands. ggml builds most derivatives as outer products, which its CPU backend computes far
 * below the processor's peak.
 */
final class SgemmRewriter {
  /** GGML_N_TASKS_MAX. */
  private static final int ALL_THREADS = -1;

  private SgemmRewriter() {}

  static void rewrite(MemorySegment graph, Arena arena) {
    // the scalar reference is for comparison only
    if (Isa.sgemm().equals("scalar")) {
      return;
    }
    try (TensorContext context = new TensorContext(4)) {
      MemorySegment mulMat = template(context, KernelInfo.mulMatKind(), arena);
      MemorySegment outProd = template(context, KernelInfo.outProdKind(), arena);
      int count = Ggml_h.ggml_graph_n_nodes(graph);
      for (int i = 0; i < count; i++) {
        MemorySegment node = Ggml_h.ggml_graph_node(graph, i);
        int op = ggml_tensor.op(node);
        if (op == Ggml_h.GGML_OP_MUL_MAT() && hasF32Operands(node)) {
          replaceOperation(node, mulMat);
        } else if (op == Ggml_h.GGML_OP_OUT_PROD() && hasF32Operands(node)) {
          replaceOperation(node, outProd);
        }
      }
    }
  }

  /** A copy of a custom node, from which op and parameters are taken. */
  private static MemorySegment template(TensorContext context, MemorySegment kind, Arena arena) {
    Tensor placeholder = context.tensor("", GgmlType.F32, 1);
    MemorySegment sources = arena.allocate(ValueLayout.ADDRESS);
    sources.set(ValueLayout.ADDRESS, 0, placeholder.struct());
    MemorySegment node =
        Ggml_h.ggml_custom_4d(
            context.reserve(1),
            GgmlType.F32.id(),
            1,
            1,
            1,
            1,
            sources,
            1,
            CustomOp.SGEMM.address(),
            ALL_THREADS,
            kind);
    MemorySegment copy = ggml_tensor.allocate(arena);
    return copy.copyFrom(node.asSlice(0, copy.byteSize()));
  }

  private static boolean hasF32Operands(MemorySegment node) {
    return isF32(ggml_tensor.src(node, 0)) && isF32(ggml_tensor.src(node, 1)) && isF32(node);
  }

  private static boolean isF32(MemorySegment tensor) {
    return ggml_tensor.type(tensor) == GgmlType.F32.id();
  }

  private static void replaceOperation(MemorySegment node, MemorySegment template) {
    ggml_tensor.op(node, ggml_tensor.op(template));
    ggml_tensor.op_params(node, ggml_tensor.op_params(template));
  }
}
