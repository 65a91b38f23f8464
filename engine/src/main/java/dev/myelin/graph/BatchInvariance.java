package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Whether the result of a token is bit-identical whatever other tokens are in the batch, wherever a
 * prompt is cut and whatever the number of threads: so it is if every node of the graph is. Holds
 * for graphs in which no row of a norm, a softmax or a sum runs over tokens. Immutable and
 * thread-safe.
 *
 * @param variant the first operation that is not invariant and the name of its first operand, or
 *     null if all are
 */
public record BatchInvariance(@Nullable String variant) {
  /** Index of ggml's hint among the parameters of a matmul. */
  private static final int HINT = 1;

  public boolean isInvariant() {
    return variant == null;
  }

  /** Examines the nodes of a graph. */
  public static BatchInvariance of(Graph graph) {
    MemorySegment address = graph.address();
    int count = Ggml_h.ggml_graph_n_nodes(address);
    for (int i = 0; i < count; i++) {
      MemorySegment node = Ggml_h.ggml_graph_node(address, i);
      String operation = Graph.operation(node);
      if (!isInvariant(operation, node)) {
        return new BatchInvariance(operation + " " + operandName(node));
      }
    }
    return new BatchInvariance(null);
  }

  private static String operandName(MemorySegment node) {
    MemorySegment operand = ggml_tensor.src(node, 0);
    return operand.address() == 0
        ? ""
        : ggml_tensor.name(operand.reinterpret(ggml_tensor.sizeof())).getString(0);
  }

  private static boolean isInvariant(String operation, MemorySegment node) {
    return switch (operation) {
      // moves values
      case "NONE", "VIEW", "RESHAPE", "PERMUTE", "TRANSPOSE", "CONT", "CPY", "DUP" -> true;
      case "REPEAT", "CONCAT", "PAD", "GET_ROWS", "SET_ROWS" -> true;
      // one element at a time
      case "ADD", "ACC", "SUB", "MUL", "DIV", "SCALE", "CLAMP", "SQR", "SQRT", "LOG" -> true;
      case "UNARY", "GLU", "ADD_ID", "ROPE" -> true;
      // one row at a time
      case "NORM", "RMS_NORM", "L2_NORM", "SUM_ROWS", "MEAN", "ARGSORT" -> true;
      // one head of one sequence at a time, token after token
      case "SSM_CONV", "SSM_SCAN", "GATED_DELTA_NET", "GATED_LINEAR_ATTN" -> true;
      case "RWKV_WKV6", "RWKV_WKV7" -> true;
      // a mask makes it one over the cells of a cache; the last ones are computed otherwise
      case "SOFT_MAX" -> ggml_tensor.src(node, 1).address() == 0;
      // the order of a sum depends on the number of columns; the Hadamard transform has none
      case "MUL_MAT" -> ggml_tensor.op_params(node, HINT) == Ggml_h.GGML_HINT_SRC0_IS_HADAMARD();
      case "quantize", "quantize_swiglu", "quantize_rms_norm", "quantize_by_expert" -> true;
      case "matmul", "matmul_by_expert", "group_by_expert" -> true;
      case "attention", "attention_general", "indexer_scores", "indexer_select" -> true;
      case "propagate_nan", "propagate_nan_blocks", "add", "gelu", "rope" -> true;
      default -> false;
    };
  }
}
