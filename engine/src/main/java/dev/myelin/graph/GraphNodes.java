package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.CustomOp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The nodes of a graph while it is built. Operations are added by subclasses, one class a kind;
 * each extends the one before, so that the last, {@link GraphBuilder}, has them all. Not
 * thread-safe.
 */
abstract class GraphNodes {
  /** GGML_N_TASKS_MAX. */
  private static final int ALL_THREADS = -1;

  final GraphContext context = new GraphContext();
  final Map<String, Tensor> inputs = new HashMap<>();
  final Map<String, Tensor> outputs = new HashMap<>();
  final Activations activations = new Activations();

  /** What the graph computes, in the order in which it was added. */
  private final List<MemorySegment> roots = new ArrayList<>();

  private AdapterRanges adapters = AdapterRanges.NONE;

  abstract GraphBuilder self();

  /** Sets which of the model's adapters the tokens have. */
  public void adapters(AdapterRanges ranges) {
    adapters = ranges;
  }

  /** Which of the model's adapters the tokens have. */
  public AdapterRanges adapters() {
    return adapters;
  }

  /** Whether the graph will be differentiated. Only some operations have a derivative. */
  public boolean isDifferentiable() {
    return false;
  }

  /** Adds a tensor that the caller fills before each computation. */
  public Tensor input(String name, GgmlType type, long... dims) {
    Tensor t = wrap(context.tensor(name, type, dims).struct());
    markInput(name, t);
    return t;
  }

  /** Marks a tensor that {@link #input} did not create as an input. */
  void markInput(String name, Tensor t) {
    Ggml_h.ggml_set_input(t.struct());
    inputs.put(name, t);
  }

  /** A tensor with memory of its own as an operand of this graph. */
  public Tensor read(Tensor t) {
    return new Tensor(t.struct(), self());
  }

  /** Marks a tensor that the caller reads after each computation, and adds it to the graph. */
  public void output(String name, Tensor t) {
    Ggml_h.ggml_set_output(t.struct());
    outputs.put(name, t);
    expand(t);
  }

  /**
   * Adds {@code t} and all it depends on to the graph, after what was added before; for side
   * effects such as a copy.
   */
  public void expand(Tensor t) {
    roots.add(t.struct());
  }

  /** Adds all that was {@link #expand expanded} to a ggml graph. */
  void expandInto(MemorySegment graph) {
    for (MemorySegment root : roots) {
      Ggml_h.ggml_build_forward_expand(graph, root);
    }
  }

  /** Takes the nodes of a ggml graph, in their order, for what was expanded so far. */
  void replaceRoots(MemorySegment graph) {
    roots.clear();
    int count = Ggml_h.ggml_graph_n_nodes(graph);
    for (int i = 0; i < count; i++) {
      roots.add(Ggml_h.ggml_graph_node(graph, i));
    }
  }

  /** A ggml context with space for one more tensor, an operation with so many operands. */
  MemorySegment ctx(int operands) {
    return context.reserve(1, operands);
  }

  Tensor wrap(MemorySegment result) {
    if (result.address() == 0) {
      throw new NativeLibraryException("ggml: no memory to describe another operation");
    }
    return new Tensor(result, self());
  }

  /** Zeroed memory for a node, valid as long as the graph. */
  MemorySegment scratch(long bytes) {
    return context.scratch(bytes);
  }

  /** Adds a node that a native function computes on all threads. */
  Tensor custom(GgmlType type, long d0, long d1, CustomOp op, MemorySegment data, Tensor... src) {
    return custom(type, d0, d1, 1, op, data, src);
  }

  Tensor custom(
      GgmlType type, long d0, long d1, long d2, CustomOp op, MemorySegment data, Tensor... src) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sources = structs(arena, src);
      return wrap(
          Ggml_h.ggml_custom_4d(
              ctx(src.length),
              type.id(),
              d0,
              d1,
              d2,
              1,
              sources,
              src.length,
              op.address(),
              ALL_THREADS,
              data));
    }
  }

  /** The same without data, for a result in f32 of the shape of the first source. */
  Tensor custom(CustomOp op, Tensor... src) {
    Tensor a = src[0];
    return custom(GgmlType.F32, a.dim(0), a.dim(1), a.dim(2), op, MemorySegment.NULL, src);
  }

  /** Adds a node that a native function computes on all threads, in the memory of {@code a}. */
  Tensor customInPlace(Tensor a, CustomOp op, Tensor... src) {
    try (Arena arena = Arena.ofConfined()) {
      return wrap(
          Ggml_h.ggml_custom_inplace(
              ctx(1 + src.length),
              a.struct(),
              structs(arena, src),
              src.length,
              op.address(),
              ALL_THREADS,
              MemorySegment.NULL));
    }
  }

  private static MemorySegment structs(Arena arena, Tensor... tensors) {
    MemorySegment all = arena.allocate(ValueLayout.ADDRESS, tensors.length);
    for (int i = 0; i < tensors.length; i++) {
      all.setAtIndex(ValueLayout.ADDRESS, i, tensors[i].struct());
    }
    return all;
  }
}
