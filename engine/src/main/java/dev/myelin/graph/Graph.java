package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.loader.MyelinLibrary;
import dev.myelin.error.MyelinException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.natives.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/**
 * A compute graph with its memory. It can be computed any number of times: fill the inputs,
 * compute, read the outputs.
 */
public final class Graph implements AutoCloseable {
  private static final long SLACK_BYTES = 2 << 20;

  /** Upper bound of the bytes that ggml's graph allocator needs per tensor for its own tables. */
  private static final long ALLOCATOR_BYTES_PER_TENSOR = 1024;

  /** Lifetime of the segments handed out: their use after {@link #close} throws. */
  private final Arena lifetime = Arena.ofShared();

  private final GraphContext context;
  private final MemorySegment graph;
  private final Map<String, Tensor> inputs;
  private final Map<String, Tensor> outputs;
  private final List<MatmulInput> matmulInputs;
  private MemorySegment allocator;

  private Graph(
      GraphContext context,
      MemorySegment graph,
      Map<String, Tensor> inputs,
      Map<String, Tensor> outputs,
      List<MatmulInput> matmulInputs,
      MemorySegment allocator) {
    this.context = context;
    this.graph = graph;
    this.inputs = inputs;
    this.outputs = outputs;
    this.matmulInputs = matmulInputs;
    this.allocator = allocator;
  }

  static Graph allocate(
      GraphContext context,
      MemorySegment graph,
      Map<String, Tensor> inputs,
      Map<String, Tensor> outputs,
      List<MatmulInput> matmulInputs) {
    try {
      // ggml aborts the process if it cannot allocate its own tables
      NativeMemory.requireAvailable(
          SLACK_BYTES + context.tensors() * ALLOCATOR_BYTES_PER_TENSOR, "a compute graph");
    } catch (NativeLibraryException e) {
      context.close();
      throw e;
    }
    MemorySegment allocator = Ggml_h.ggml_gallocr_new(Ggml_h.ggml_backend_cpu_buffer_type());
    Graph result = new Graph(context, graph, inputs, outputs, matmulInputs, allocator);
    if (allocator.address() == 0 || !Ggml_h.ggml_gallocr_alloc_graph(allocator, graph)) {
      result.close();
      throw new NativeLibraryException("no memory for a compute graph: " + MyelinLibrary.takeLog());
    }
    return result;
  }

  MemorySegment address() {
    if (allocator == null) {
      throw new MyelinException("graph: closed");
    }
    return graph;
  }

  /** The memory of an input, to be filled. */
  public MemorySegment input(String name) {
    return data(inputs, name);
  }

  /** The memory of an output, valid until the next computation. */
  public MemorySegment output(String name) {
    return data(outputs, name);
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
    return Ggml_h.ggml_gallocr_get_buffer_size(allocator, 0);
  }

  private MemorySegment data(Map<String, Tensor> tensors, String name) {
    address();
    Tensor t = tensors.get(name);
    if (t == null) {
      throw new MyelinException("graph: no tensor " + name + " among " + tensors.keySet());
    }
    return t.data().reinterpret(lifetime, null);
  }

  @Override
  public void close() {
    if (allocator != null) {
      lifetime.close();
      if (allocator.address() != 0) {
        Ggml_h.ggml_gallocr_free(allocator);
      }
      context.close();
      allocator = null;
    }
  }
}
