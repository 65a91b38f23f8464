package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.RecurrentResult;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.SsmConfig;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.Pass;
import dev.myelin.pass.SegmentGroup;
import dev.myelin.state.RecurrentState;

/**
 * The mixer of Mamba-2 (Dao and Gu 2024): a projection to the gate z, to x, B and C, which a
 * convolution and SiLU follow, and to the step dt; a selective scan by head; {@code D x} added, the
 * gate, a norm of each group, and a projection back.
 *
 * @param in [width, inner + channels + heads]
 * @param dtBias [heads]
 * @param a [1, heads], negative: the decay is exp(a * softplus(dt))
 * @param d [1, heads]
 * @param norm of groups of values, weight [inner / groups, groups]; or null
 * @param out [inner, width]
 * @param state [state, headSize, heads]
 */
public record Mamba2Mixer(
    Linear in,
    CausalConvolution convolution,
    Tensor dtBias,
    Tensor a,
    Tensor d,
    Norm norm,
    Linear out,
    SsmConfig shape,
    RecurrentState state)
    implements Mixer {

  /**
   * Takes {@code ssm_in}, {@code ssm_conv1d}, {@code ssm_dt.bias}, {@code ssm_a}, {@code ssm_d} and
   * {@code ssm_out}.
   *
   * @param norm of groups, or null
   * @param past of {@link SsmConfig#convolutionElements} values: the convolution's
   * @param state of {@link SsmConfig#stateElements} values
   */
  public static Mamba2Mixer of(
      Weights w,
      long width,
      SsmConfig shape,
      Norm norm,
      RecurrentState past,
      RecurrentState state) {
    int heads = shape.heads();
    int channels = shape.channels();
    return new Mamba2Mixer(
        Linear.of(w, "ssm_in", width, (long) shape.inner() + channels + heads),
        CausalConvolution.of(w, "ssm_conv1d", shape.kernel(), channels, past, Linear.Part.BIAS),
        w.vector("ssm_dt.bias", heads),
        w.vector("ssm_a", 1, heads),
        w.vector("ssm_d", 1, heads),
        norm,
        Linear.of(w, "ssm_out", shape.inner(), width),
        shape,
        state);
  }

  /** Takes {@code ssm_norm}: a norm of each group of values. */
  public static Norm groupNorm(Weights w, SsmConfig shape, float epsilon) {
    int groups = shape.groups();
    Tensor weight = w.vector("ssm_norm.weight", shape.inner() / groups, groups);
    return new Norm(weight, null, epsilon);
  }

  @Override
  public Tensor of(Pass pass, Tensor input) {
    GraphBuilder g = pass.graph();
    int inner = shape.inner();
    Tensor zxBCdt = in.of(input);
    Tensor z = columns(zxBCdt, 0, inner);
    Tensor dt = g.add(columns(zxBCdt, inner + shape.channels(), shape.heads()), dtBias);
    Tensor xBC = g.silu(convolution.of(pass, columns(zxBCdt, inner, shape.channels())));
    Tensor y = g.add(scan(pass, xBC, dt), skip(xBC));
    y = g.swiglu(z, y);
    return out.of(norm == null ? y : normalized(y));
  }

  /** D x, [inner, tokens]. */
  private Tensor skip(Tensor xBC) {
    GraphBuilder g = xBC.graph();
    Tensor x = split(xBC, 0, shape.headSize(), shape.heads());
    return g.reshape2d(g.multiply(x, d), shape.inner(), xBC.dim(1));
  }

  /** The scan by head: [inner, tokens]. */
  private Tensor scan(Pass pass, Tensor xBC, Tensor dt) {
    return pass.byGroup(group -> scan(pass, group, xBC, group.of(dt)));
  }

  private Tensor scan(Pass pass, SegmentGroup group, Tensor xBC, Tensor dt) {
    GraphBuilder g = pass.graph();
    int inner = shape.inner();
    Tensor slots = pass.slots(state);
    Tensor states =
        g.reshape4d(slots, shape.state(), shape.headSize(), shape.heads(), slots.dim(1));
    Tensor x = group.ofHeads(split(xBC, 0, shape.headSize(), shape.heads()));
    Tensor b = group.ofHeads(split(xBC, inner, shape.state(), shape.groups()));
    Tensor c = group.ofHeads(split(xBC, inner + shape.groupWidth(), shape.state(), shape.groups()));
    RecurrentResult result = g.ssmScan(states, x, dt, a, b, c, group.readSlots());
    Tensor after = g.reshape2d(result.states(), shape.stateElements(), group.sequences());
    pass.write(state, after, group);
    return g.reshape2d(result.output(), inner, group.tokens());
  }

  private Tensor normalized(Tensor y) {
    GraphBuilder g = y.graph();
    int groups = shape.groups();
    Tensor grouped = g.reshape3d(y, shape.inner() / groups, groups, y.dim(1));
    return g.reshape2d(norm.of(grouped), shape.inner(), y.dim(1));
  }

  /** Values {@code first} and on of each row, [count, tokens]. */
  private static Tensor columns(Tensor y, long first, int count) {
    return y.graph().view2d(y, count, y.dim(1), y.stride(1), first * Float.BYTES);
  }

  /** Values {@code first} and on of each row as heads, [size, heads, tokens]. */
  private static Tensor split(Tensor y, long first, int size, int heads) {
    long headBytes = (long) size * Float.BYTES;
    return y.graph().view3d(y, size, heads, y.dim(1), headBytes, y.stride(1), first * Float.BYTES);
  }
}
