package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A compute graph with its memory. It can be computed any number of times: fill the inputs,
 * compute, read the outputs. Not thread-safe.
 */
public final class Graph implements AutoCloseable {
  /** Names of ggml's operations that were asked for. */
  private static final String[] GGML_NAMES = new String[256];

  /** Lifetime of the segments handed out: their use after {@link #close} throws. */
  private final Arena lifetime = Arena.ofShared();

  private final GraphContext context;
  private final MemorySegment graph;
  private final Map<String, Tensor> inputs;
  private final Map<String, Tensor> outputs;
  private final List<MatmulInput> matmulInputs;
  private final GraphWork work;
  private final ComputeArena arena;
  private final boolean ownsArena;
  private int generation;
  private boolean open = true;

  private Graph(
      GraphContext context,
      MemorySegment graph,
      Map<String, Tensor> inputs,
      Map<String, Tensor> outputs,
      List<MatmulInput> matmulInputs,
      ComputeArena arena,
      boolean ownsArena) {
    this.context = context;
    this.graph = graph;
    this.inputs = inputs;
    this.outputs = outputs;
    this.matmulInputs = matmulInputs;
    this.arena = arena;
    this.ownsArena = ownsArena;
    work = GraphWork.of(graph);
  }

  /**
   * @param shared the arena of the graph; null for one of its own
   */
  static Graph allocate(
      GraphContext context,
      MemorySegment graph,
      Map<String, Tensor> inputs,
      Map<String, Tensor> outputs,
      List<MatmulInput> matmulInputs,
      ComputeArena shared) {
    ComputeArena arena;
    try {
      arena = shared == null ? new ComputeArena() : shared;
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
    Graph result = new Graph(context, graph, inputs, outputs, matmulInputs, arena, shared == null);
    try {
      arena.place(graph, context.tensors());
    } catch (RuntimeException e) {
      result.close();
      throw e;
    }
    result.generation = arena.generation();
    return result;
  }

  MemorySegment address() {
    if (!open) {
      throw new MyelinException("graph: closed");
    }
    if (!hasMemory()) {
      throw new MyelinException("graph: its memory belongs to another graph");
    }
    return graph;
  }

  /** Whether the graph can be computed: its arena has not grown since it was built. */
  public boolean hasMemory() {
    return open && generation == arena.generation();
  }

  GraphWork work() {
    return work;
  }

  /** The memory of an input, to be filled. */
  public MemorySegment input(String name) {
    return data(inputs, name);
  }

  /** The memory of an output, valid until the next computation. */
  public MemorySegment output(String name) {
    return data(outputs, name);
  }

  /**
   * Copies values to an i32 input.
   *
   * @throws MyelinException unless it is an input of that type with as many elements
   */
  public void fill(String name, int[] values) {
    fill(find(inputs, name), values);
  }

  /** Copies values to an i64 input; see {@link #fill(String, int[])}. */
  public void fill(String name, long[] values) {
    fill(find(inputs, name), values);
  }

  /** Copies values to an f32 input; see {@link #fill(String, int[])}. */
  public void fill(String name, float[] values) {
    fill(find(inputs, name), values);
  }

  /** Copies values to an i32 input; see {@link #fill(String, int[])}. */
  public void fill(Tensor input, int[] values) {
    MemorySegment data = memory(inputs, input, GgmlType.I32, values.length);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_INT, 0, values.length);
  }

  /** Copies values to an i64 input; see {@link #fill(String, int[])}. */
  public void fill(Tensor input, long[] values) {
    MemorySegment data = memory(inputs, input, GgmlType.I64, values.length);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_LONG, 0, values.length);
  }

  /** Copies values to an f32 input; see {@link #fill(String, int[])}. */
  public void fill(Tensor input, float[] values) {
    MemorySegment data = memory(inputs, input, GgmlType.F32, values.length);
    MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
  }

  /**
   * Copies an f32 output.
   *
   * @throws MyelinException unless it is a contiguous output of that type with as many elements
   */
  public void read(String name, float[] into) {
    MemorySegment data = memory(outputs, find(outputs, name), GgmlType.F32, into.length);
    MemorySegment.copy(data, ValueLayout.JAVA_FLOAT, 0, into, 0, into.length);
  }

  /** Copies an i32 output; see {@link #read(String, float[])}. */
  public void read(String name, int[] into) {
    MemorySegment data = memory(outputs, find(outputs, name), GgmlType.I32, into.length);
    MemorySegment.copy(data, ValueLayout.JAVA_INT, 0, into, 0, into.length);
  }

  private MemorySegment memory(Map<String, Tensor> tensors, Tensor t, GgmlType type, int elements) {
    address();
    if (!tensors.containsValue(t)
        || t.type() != type
        || t.elements() != elements
        || !t.isContiguous()) {
      throw new MyelinException(
          "graph: " + elements + " values of " + type.ggmlName() + " for " + t);
    }
    return t.data();
  }

  /** The operations of the graph: ggml's names, and of native nodes that of the function. */
  public Set<String> operations() {
    Set<String> names = new TreeSet<>();
    int count = Ggml_h.ggml_graph_n_nodes(address());
    for (int i = 0; i < count; i++) {
      names.add(operation(Ggml_h.ggml_graph_node(graph, i)));
    }
    return names;
  }

  static String operation(MemorySegment node) {
    int op = ggml_tensor.op(node);
    if (op == Ggml_h.GGML_OP_CUSTOM()) {
      return NativeOperations.nameOf(node);
    }
    if (GGML_NAMES[op] == null) {
      GGML_NAMES[op] = Ggml_h.ggml_op_name(op).getString(0);
    }
    return GGML_NAMES[op];
  }

  /** The matmul inputs of the observed weights, valid until the next computation. */
  public List<MatmulInput> matmulInputs() {
    address();
    return matmulInputs;
  }

  public boolean hasInput(String name) {
    return inputs.containsKey(name);
  }

  /** Bytes of the compute buffer, which holds the intermediate tensors. */
  public long computeBufferBytes() {
    address();
    return arena.bytes();
  }

  private MemorySegment data(Map<String, Tensor> tensors, String name) {
    address();
    return find(tensors, name).data().reinterpret(lifetime, null);
  }

  private static Tensor find(Map<String, Tensor> tensors, String name) {
    Tensor t = tensors.get(name);
    if (t == null) {
      throw new MyelinException("graph: no tensor " + name + " among " + tensors.keySet());
    }
    return t;
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      lifetime.close();
      if (ownsArena) {
        arena.close();
      }
      context.close();
    }
  }
}
