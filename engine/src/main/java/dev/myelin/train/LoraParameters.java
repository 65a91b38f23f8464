package dev.myelin.train;

import dev.myelin.adapter.AdapterSource;
import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * New LoRA matrices for every weight matrix of a model. A is random and B is zero, so the initial
 * update is zero.
 */
final class LoraParameters implements AdapterSource {
  private static final int MAX_MATRICES = 1 << 14;

  private final LoraOptions options;
  private final SplittableRandom random;
  private final TensorContext context = new TensorContext(2 * MAX_MATRICES);
  private final List<TensorBuffer> buffers = new ArrayList<>();
  private final Map<String, LowRankUpdate> matrices = new LinkedHashMap<>();

  LoraParameters(LoraOptions options, long seed) {
    this.options = options;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public Optional<LowRankUpdate> find(String weight, long[] a, long[] b) {
    // embeddings and routers are not adapted
    if (a[0] == RANK || weight.endsWith("ffn_gate_inp.weight")) {
      return Optional.empty();
    }
    if (matrices.size() == MAX_MATRICES) {
      throw new InvalidRequestException("more than " + MAX_MATRICES + " matrices to adapt");
    }
    LowRankUpdate matrix =
        new LowRankUpdate(
            tensor(weight + ".lora_a", a),
            tensor(weight + ".lora_b", b),
            new LowRankUpdate.Scale(0, options.scale(), 0, options.rank()));
    randomize(matrix.a());
    matrices.put(weight, matrix);
    return Optional.of(matrix);
  }

  private Tensor tensor(String name, long... pattern) {
    long[] shape = pattern.clone();
    for (int i = 0; i < shape.length; i++) {
      shape[i] = shape[i] == RANK ? options.rank() : shape[i];
    }
    Tensor t = context.tensor(name, GgmlType.F32, shape);
    TensorBuffer buffer = TensorBuffer.allocateZeroed(GgmlType.F32.bytes(t.elements()));
    buffers.add(buffer);
    buffer.append(t);
    return t;
  }

  private void randomize(Tensor a) {
    double deviation = 1 / Math.sqrt(3.0 * a.dim(0));
    for (long i = 0; i < a.elements(); i++) {
      float value = (float) (random.nextGaussian() * deviation);
      a.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
  }

  /** The LoRA matrices by weight name, in the order in which the model requested them. */
  Map<String, LowRankUpdate> matrices() {
    return matrices;
  }

  @Override
  public void requireAllFound() {}

  @Override
  public void close() {
    context.close();
    buffers.forEach(TensorBuffer::close);
  }
}
