package dev.myelin.graph;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.bindings.NativeMemory;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.error.MyelinException;
import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/**
 * A compute graph with its memory, to be run any number of times: fill the inputs, compute, read
 * the outputs.
 */
public final class Graph implements AutoCloseable {
  private static final long SLACK = 2 << 20;

  /** More bytes than the tables of ggml's allocator have for a tensor. */
  private static final long TABLES = 1024;

  /** The life of what is handed out: using it after {@link #close} throws. */
  private final Arena life = Arena.ofShared();

  private final TensorContext context;
  private final MemorySegment graph;
  private final Map<String, Tensor> inputs;
  private final Map<String, Tensor> outputs;
  private final List<Observation> observations;
  private MemorySegment allocator;

  private Graph(
      TensorContext context,
      MemorySegment graph,
      Map<String, Tensor> inputs,
      Map<String, Tensor> outputs,
      List<Observation> observations,
      MemorySegment allocator) {
    this.context = context;
    this.graph = graph;
    this.inputs = inputs;
    this.outputs = outputs;
    this.observations = observations;
    this.allocator = allocator;
  }

  static Graph allocate(
      TensorContext context,
      MemorySegment graph,
      Map<String, Tensor> inputs,
      Map<String, Tensor> outputs,
      List<Observation> observations) {
    try {
      // ggml ends the process where it gets none for its own tables
      NativeMemory.require(SLACK + context.capacity() * TABLES, "a compute graph");
    } catch (NativeLibraryException e) {
      context.close();
      throw e;
    }
    MemorySegment allocator = Ggml_h.ggml_gallocr_new(Ggml_h.ggml_backend_cpu_buffer_type());
    Graph result = new Graph(context, graph, inputs, outputs, observations, allocator);
    if (allocator.address() == 0 || !Ggml_h.ggml_gallocr_alloc_graph(allocator, graph)) {
      result.close();
      throw new NativeLibraryException(
          "no memory for a compute graph: " + KernelsLibrary.takeLog());
    }
    return result;
  }

  MemorySegment address() {
    if (allocator == null) {
      throw new MyelinException("graph: closed");
    }
    return graph;
  }

  /** The input of that name, to be filled. */
  public MemorySegment input(String name) {
    return data(inputs, name);
  }

  /** The output of that name, valid until the next computation. */
  public MemorySegment output(String name) {
    return data(outputs, name);
  }

  /** What the observed weights were multiplied with, valid until the next computation. */
  public List<Observation> observations() {
    address();
    return observations;
  }

  public boolean hasInput(String name) {
    return inputs.containsKey(name);
  }

  /** Bytes of memory that the intermediate results take. */
  public long bytes() {
    address();
    return Ggml_h.ggml_gallocr_get_buffer_size(allocator, 0);
  }

  private MemorySegment data(Map<String, Tensor> tensors, String name) {
    address();
    Tensor t = tensors.get(name);
    if (t == null) {
      throw new MyelinException("graph: no tensor " + name + " among " + tensors.keySet());
    }
    return t.data().reinterpret(life, null);
  }

  @Override
  public void close() {
    if (allocator != null) {
      life.close();
      if (allocator.address() != 0) {
        Ggml_h.ggml_gallocr_free(allocator);
      }
      context.close();
      allocator = null;
    }
  }
}
