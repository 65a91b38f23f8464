package dev.myelin.train;

import dev.myelin.adapter.AdapterSource;
import dev.myelin.adapter.LowRank;
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
 * Changes to be learned of every matrix that a model multiplies with: A random, B zero, so that
 * nothing is changed at first.
 */
final class NewAdapter implements AdapterSource {
  private static final int MOST_MATRICES = 1 << 14;

  private final LoraOptions options;
  private final SplittableRandom random;
  private final TensorContext context = new TensorContext(2 * MOST_MATRICES);
  private final List<TensorBuffer> buffers = new ArrayList<>();
  private final Map<String, LowRank> changes = new LinkedHashMap<>();

  NewAdapter(LoraOptions options, long seed) {
    this.options = options;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public Optional<LowRank> find(String weight, long[] a, long[] b) {
    // lookups and routers stay as they are
    if (a[0] == RANK || weight.endsWith("ffn_gate_inp.weight")) {
      return Optional.empty();
    }
    if (changes.size() == MOST_MATRICES) {
      throw new InvalidRequestException("more than " + MOST_MATRICES + " matrices to adapt");
    }
    LowRank change =
        new LowRank(tensor(weight + ".lora_a", a), tensor(weight + ".lora_b", b), options.scale());
    randomise(change.a());
    changes.put(weight, change);
    return Optional.of(change);
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

  private void randomise(Tensor a) {
    double deviation = 1 / Math.sqrt(3.0 * a.dim(0));
    for (long i = 0; i < a.elements(); i++) {
      float value = (float) (random.nextGaussian() * deviation);
      a.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
  }

  /** By the matrices' names, in the order in which the model asked for them. */
  Map<String, LowRank> changes() {
    return changes;
  }

  @Override
  public void requireAllFound() {}

  @Override
  public void close() {
    context.close();
    buffers.forEach(TensorBuffer::close);
  }
}
