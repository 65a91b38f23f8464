package dev.myelin.train;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TensorBuffer;
import dev.myelin.graph.TensorContext;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The optimizer state: first and second moments of each parameter's gradient. */
final class Moments implements AutoCloseable {
  private final TensorContext context;
  private final TensorBuffer buffer;
  private final Map<String, Pair> byName = new LinkedHashMap<>();

  /**
   * @param m first moment, in the parameter's shape
   * @param v second moment
   */
  record Pair(Tensor m, Tensor v) {}

  /** Allocates zeroed moments. */
  Moments(Collection<Tensor> parameters) {
    long bytes = 0;
    for (Tensor p : parameters) {
      bytes += 2 * TensorBuffer.roundUp(p.type().bytes(p.elements()));
    }
    buffer = TensorBuffer.allocateZeroed(bytes);
    context = new TensorContext(2 * parameters.size());
    for (Tensor p : parameters) {
      byName.put(p.name(), new Pair(newLike(p, ".m"), newLike(p, ".v")));
    }
  }

  private Tensor newLike(Tensor p, String suffix) {
    Tensor t =
        context.tensor(p.name() + suffix, GgmlType.F32, p.dim(0), p.dim(1), p.dim(2), p.dim(3));
    buffer.append(t);
    return t;
  }

  @Nullable Pair of(Tensor parameter) {
    return byName.get(parameter.name());
  }

  Map<String, Pair> all() {
    return byName;
  }

  @Override
  public void close() {
    context.close();
    buffer.close();
  }
}
