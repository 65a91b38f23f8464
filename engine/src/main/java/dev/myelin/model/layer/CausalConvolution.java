package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.Pass;
import dev.myelin.state.RecurrentState;

/**
 * A convolution of each channel over the current position and those before it. Its state is the
 * input of the positions before the next one.
 *
 * @param kernel [size, channels]
 * @param bias [channels], or null
 * @param state [size - 1, channels]
 */
public record CausalConvolution(Tensor kernel, Tensor bias, RecurrentState state) {
  /**
   * Takes {@code NAME.weight}, and its bias as a {@link Linear} does.
   *
   * @param size positions that an output depends on, 2 or more
   * @param state of (size - 1) * channels values
   */
  public static CausalConvolution of(
      Weights w, String name, int size, int channels, RecurrentState state, Linear.Part... parts) {
    Tensor kernel = w.floats(name + ".weight", size, channels);
    return new CausalConvolution(kernel, Linear.bias(w, name, channels, parts), state);
  }

  /** [channels, tokens] to the same shape. */
  public Tensor of(Pass pass, Tensor x) {
    GraphBuilder g = pass.graph();
    long before = kernel.dim(0) - 1;
    long channels = kernel.dim(1);
    long tokens = x.dim(1);
    Tensor past = g.reshape2d(pass.read(state), before, channels);
    Tensor row = g.concat(past, g.permute(x, 1, 0, 2, 3), 0);
    Tensor last = g.view2d(row, before, channels, row.stride(1), tokens * Float.BYTES);
    pass.write(state, g.reshape2d(g.contiguous(last), before * channels, 1));
    Tensor y = g.reshape2d(g.ssmConv(row, kernel), channels, tokens);
    return bias == null ? y : g.add(y, bias);
  }
}
