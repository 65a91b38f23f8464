package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.Pass;
import dev.myelin.pass.SegmentGroup;
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
    Tensor y = pass.byGroup(group -> of(pass, group, group.of(x)));
    return bias == null ? y : x.graph().add(y, bias);
  }

  /** [channels, length, sequences] to [channels, tokens]. */
  private Tensor of(Pass pass, SegmentGroup group, Tensor x) {
    GraphBuilder g = pass.graph();
    long before = kernel.dim(0) - 1;
    long channels = kernel.dim(1);
    long sequences = group.sequences();
    Tensor past = g.reshape3d(pass.read(state, group), before, channels, sequences);
    Tensor row = g.concat(past, g.permute(x, 1, 0, 2, 3), 0);
    Tensor last =
        g.view3d(
            row,
            before,
            channels,
            sequences,
            row.stride(1),
            row.stride(2),
            (long) group.length() * Float.BYTES);
    pass.write(state, g.reshape2d(g.contiguous(last), before * channels, sequences), group);
    return g.reshape2d(g.ssmConv(row, kernel), channels, group.tokens());
  }
}
