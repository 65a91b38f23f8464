package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The nodes of a forward graph that lie between the parameters and the loss. */
final class GradientPath {
  private static final int MAX_SOURCES = 10;

  private final MemorySegment graph;
  private final Set<Long> dependent = new HashSet<>();

  GradientPath(MemorySegment graph, List<Tensor> parameters) {
    this.graph = graph;
    for (Tensor parameter : parameters) {
      dependent.add(parameter.struct().address());
    }
  }

  /**
   * The nodes that the gradient of the graph's last node, the loss, passes through; last node
   * first.
   */
  List<MemorySegment> nodes() {
    List<MemorySegment> nodes = dependentNodes();
    Set<Long> reached = new HashSet<>();
    reached.add(nodes.isEmpty() ? 0L : nodes.getLast().address());
    List<MemorySegment> needed = new ArrayList<>();
    for (MemorySegment node : nodes.reversed()) {
      if (reached.contains(node.address())) {
        needed.add(node);
        for (int i = 0; i < MAX_SOURCES; i++) {
          reached.add(ggml_tensor.src(node, i).address());
        }
      }
    }
    return needed;
  }

  private List<MemorySegment> dependentNodes() {
    List<MemorySegment> nodes = new ArrayList<>();
    int count = Ggml_h.ggml_graph_n_nodes(graph);
    for (int i = 0; i < count; i++) {
      MemorySegment node = Ggml_h.ggml_graph_node(graph, i);
      if (!isConstant(node) && dependsOnParameter(node)) {
        dependent.add(node.address());
        nodes.add(node);
      }
    }
    return nodes;
  }

  /** No gradient flows through integers, which are row indices, or through a step function. */
  private static boolean isConstant(MemorySegment node) {
    boolean step =
        ggml_tensor.op(node) == Ggml_h.GGML_OP_UNARY()
            && ggml_tensor.op_params(node, 0) == Ggml_h.GGML_UNARY_OP_STEP();
    return step || ggml_tensor.type(node) == GgmlType.I32.id();
  }

  private boolean dependsOnParameter(MemorySegment node) {
    for (int i = 0; i < MAX_SOURCES; i++) {
      if (dependent.contains(ggml_tensor.src(node, i).address())) {
        return true;
      }
    }
    return false;
  }
}
