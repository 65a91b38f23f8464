package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;
import org.jspecify.annotations.Nullable;

/**
 * Scores a sequence from the hidden state of its first position: {@code out(tanh(dense x))}. A
 * model has one of the two layers, or both.
 *
 * @param dense [width, width], or null
 * @param out [width, classes], or null for the first {@code classes} values
 */
public record ClassifierHead(@Nullable Linear dense, @Nullable Linear out, int classes) {
  /** Takes {@code cls} and {@code cls.output}; null if the file has neither. */
  public static @Nullable ClassifierHead of(Weights w, int width, int classes) {
    boolean hasDense = w.has("cls.weight");
    boolean hasOut = w.has("cls.output.weight");
    if (!hasDense && !hasOut) {
      return null;
    }
    return new ClassifierHead(
        hasDense ? linear(w, "cls", width, width) : null,
        hasOut ? linear(w, "cls.output", width, classes) : null,
        hasOut ? classes : Math.min(classes, width));
  }

  private static Linear linear(Weights w, String name, int in, int out) {
    return Linear.of(w, name, in, out, Linear.Part.OPTIONAL_BIAS, Linear.Part.NO_SCALE);
  }

  /** The hidden states [width, sequences] of first positions to scores [classes, sequences]. */
  public Tensor of(Tensor x) {
    GraphBuilder g = x.graph();
    Tensor y = dense == null ? x : g.tanh(dense.of(x));
    return out == null ? g.contiguous(g.view2d(y, classes, y.dim(1), y.stride(1), 0)) : out.of(y);
  }
}
