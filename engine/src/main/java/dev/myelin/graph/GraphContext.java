package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The tensor descriptions of one graph, in blocks that are added as they fill up, and the number of
 * nodes and leaves that they make. Not thread-safe.
 */
final class GraphContext implements AutoCloseable {
  private static final int BLOCK_TENSORS = 1024;

  private final List<TensorContext> blocks = new ArrayList<>();
  private TensorContext block;
  private Arena scratch;
  private int nodes;
  private int leaves;

  GraphContext() {
    Ggml.require();
    block = add(new TensorContext(BLOCK_TENSORS));
  }

  private TensorContext add(TensorContext context) {
    blocks.add(context);
    return context;
  }

  /** Adds a tensor that no operation computes. */
  Tensor tensor(String name, GgmlType type, long... dims) {
    leaves++;
    return blockFor(1).tensor(name, type, dims);
  }

  /**
   * A ggml context with space for the tensors of an operation.
   *
   * @param operands sources of the operation, which may all be leaves of the graph
   */
  MemorySegment reserve(int tensors, int operands) {
    nodes += tensors;
    leaves += operands;
    return blockFor(tensors).reserve(tensors);
  }

  private TensorContext blockFor(int tensors) {
    if (block.free() < tensors) {
      block = add(new TensorContext(BLOCK_TENSORS));
    }
    return block;
  }

  /** A context of its own for so many tensors, which {@link #count} is told of afterwards. */
  TensorContext block(int tensors) {
    return add(new TensorContext(tensors));
  }

  /** Counts nodes that ggml added. */
  void count(int added) {
    nodes += added;
    leaves += added;
  }

  /** Upper bound of the nodes of the graph. */
  int nodes() {
    return nodes;
  }

  /** Tensors that the graph can refer to. */
  int tensors() {
    return nodes + leaves;
  }

  /**
   * A ggml graph for the nodes counted so far.
   *
   * @param more nodes to leave space for
   */
  MemorySegment newGraph(int more, boolean gradients) {
    long size = Math.max(1, Math.max(nodes, leaves) + more);
    TensorContext context =
        add(new TensorContext(0, Ggml_h.ggml_graph_overhead_custom(size, gradients)));
    return Ggml_h.ggml_new_graph_custom(context.reserve(0), size, gradients);
  }

  /** Zeroed memory for operations, valid as long as the graph. */
  MemorySegment scratch(long bytes) {
    if (scratch == null) {
      scratch = Arena.ofShared();
    }
    return scratch.allocate(bytes, Long.BYTES);
  }

  @Override
  public void close() {
    if (scratch != null) {
      scratch.close();
      scratch = null;
    }
    blocks.forEach(TensorContext::close);
  }
}
