package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.natives.CustomOp;
import java.lang.foreign.MemorySegment;

/**
 * About how long the operations of a graph take on one thread, of which only the proportions
 * matter. Immutable and thread-safe.
 *
 * @param nativeNanos native nodes, which spread themselves over threads
 * @param ggmlNanos operations of ggml that do more than move values or compute one element at a
 *     time, and the f32 GEMM of training, whose graphs are mostly operations of ggml
 */
record GraphWork(long nativeNanos, long ggmlNanos) {
  /** Multiply-adds per nanosecond. */
  private static final long MATMUL_SPEED = 16;

  /** Part of the time of the native nodes that ggml's may take on one thread. */
  private static final long SMALL_PART = 16;

  static GraphWork of(MemorySegment graph) {
    long ours = 0;
    long others = 0;
    int count = Ggml_h.ggml_graph_n_nodes(graph);
    for (int i = 0; i < count; i++) {
      MemorySegment node = Ggml_h.ggml_graph_node(graph, i);
      String operation = Graph.operation(node);
      if (ggml_tensor.op(node) == Ggml_h.GGML_OP_CUSTOM()
          && !operation.equals(CustomOp.SGEMM.opName())) {
        ours += elements(node) * nativeCost(operation, node) / MATMUL_SPEED;
      } else {
        others += elements(node) * ggmlCost(operation, node) / MATMUL_SPEED;
      }
    }
    return new GraphWork(ours, others);
  }

  /** Whether ggml's operations take so long that ggml should spread them over threads. */
  boolean needsGgmlThreads() {
    return ggmlNanos > nativeNanos / SMALL_PART;
  }

  /** Multiply-adds, or what takes as long, for each element of the result. */
  private static long nativeCost(String operation, MemorySegment node) {
    return switch (operation) {
      case "matmul", "matmul_by_expert" -> rowLength(node);
      // over a few hundred positions
      case "attention", "attention_general" -> 512;
      default -> 8;
    };
  }

  private static long ggmlCost(String operation, MemorySegment node) {
    return switch (operation) {
      case "MUL_MAT", "MUL_MAT_ID", "sgemm" -> rowLength(node);
      case "OUT_PROD" -> dim(source(node, 0), 1);
      case "FLASH_ATTN_EXT" -> 2 * dim(source(node, 1), 1);
      case "SOFT_MAX", "SOFT_MAX_BACK", "CROSS_ENTROPY_LOSS", "CROSS_ENTROPY_LOSS_BACK" -> 64;
      case "SSM_CONV" -> 64;
      case "SSM_SCAN", "GATED_DELTA_NET", "GATED_LINEAR_ATTN", "RWKV_WKV6", "RWKV_WKV7" -> 2048;
      default -> 0;
    };
  }

  private static MemorySegment source(MemorySegment node, int i) {
    return ggml_tensor.src(node, i).reinterpret(ggml_tensor.sizeof());
  }

  private static long rowLength(MemorySegment node) {
    return ggml_tensor.src(node, 0).address() == 0 ? 1 : dim(source(node, 0), 0);
  }

  private static long dim(MemorySegment tensor, int i) {
    return ggml_tensor.ne(tensor, i);
  }

  private static long elements(MemorySegment tensor) {
    return dim(tensor, 0) * dim(tensor, 1) * dim(tensor, 2) * dim(tensor, 3);
  }
}
