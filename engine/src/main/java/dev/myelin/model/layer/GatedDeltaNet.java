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
 * Linear attention by the gated delta rule (Yang et al. 2024): a convolution and SiLU on q, k and
 * v; q and k of length 1; the decay exp(a * softplus(alpha + dtBias)); a norm of each head of the
 * output and its gate silu(z). Tokens are computed one after another, so that the result does not
 * depend on where a prompt is cut.
 *
 * @param dtBias [heads]
 * @param a [heads], negative
 * @param norm weight [size]
 * @param out [heads * size, width]
 * @param shape its state is the size of a head, its groups are the key heads
 * @param state [size, size, heads]
 */
public record GatedDeltaNet(
    DeltaNetInput input,
    CausalConvolution convolution,
    Tensor dtBias,
    Tensor a,
    Norm norm,
    Linear out,
    SsmConfig shape,
    RecurrentState state)
    implements Mixer {

  /**
   * Takes {@code ssm_conv1d}, {@code ssm_dt.bias}, {@code ssm_a}, {@code ssm_norm} and {@code
   * ssm_out}.
   *
   * @param past of {@link SsmConfig#convolutionElements} values: the convolution's
   * @param state of {@link SsmConfig#stateElements} values
   */
  public static GatedDeltaNet of(
      Weights w,
      long width,
      SsmConfig shape,
      float epsilon,
      DeltaNetInput input,
      RecurrentState past,
      RecurrentState state) {
    return new GatedDeltaNet(
        input,
        CausalConvolution.of(w, "ssm_conv1d", shape.kernel(), shape.channels(), past),
        w.vector("ssm_dt.bias", shape.heads()),
        w.vector("ssm_a", shape.heads()),
        Norm.rms(w, "ssm_norm", shape.headSize(), epsilon),
        Linear.of(w, "ssm_out", shape.inner(), width, Linear.Part.NO_SCALE),
        shape,
        state);
  }

  @Override
  public Tensor of(Pass pass, Tensor x) {
    GraphBuilder g = pass.graph();
    DeltaNetInput.Projections p = input.of(x);
    long heads = shape.heads();
    long tokens = x.dim(1);
    Tensor beta = g.reshape3d(g.sigmoid(p.beta()), 1, heads, tokens);
    Tensor step = g.softplus(g.add(p.alpha(), dtBias));
    Tensor decay = g.reshape3d(g.multiply(step, a), 1, heads, tokens);

    Tensor qkv = g.silu(convolution.of(pass, p.qkv()));
    Tensor q = keyHeads(heads(qkv, 0, shape.groups()));
    Tensor k = keyHeads(heads(qkv, shape.groupWidth(), shape.groups()));
    Tensor v = heads(qkv, 2L * shape.groupWidth(), shape.heads());
    Tensor y =
        pass.byGroup(
            group ->
                recurrence(
                    pass,
                    group,
                    group.ofHeads(q),
                    group.ofHeads(k),
                    group.ofHeads(v),
                    group.ofHeads(decay),
                    group.ofHeads(beta)));
    Tensor normalized = norm.of(g.reshape3d(y, shape.headSize(), heads, tokens));
    return out.of(g.swiglu(p.z(), g.reshape2d(normalized, shape.inner(), tokens)));
  }

  private Tensor recurrence(
      Pass pass, SegmentGroup group, Tensor q, Tensor k, Tensor v, Tensor decay, Tensor beta) {
    GraphBuilder g = pass.graph();
    long size = shape.headSize();
    Tensor before =
        g.reshape4d(pass.read(state, group), size, size, shape.heads(), group.sequences());
    RecurrentResult result = g.gatedDeltaNet(q, k, v, decay, beta, before);
    Tensor after = g.reshape2d(result.states(), shape.stateElements(), group.sequences());
    pass.write(state, after, group);
    return g.reshape2d(result.output(), shape.inner(), group.tokens());
  }

  /** Values {@code first} and on of each row, as heads [size, count, tokens]. */
  private Tensor heads(Tensor x, long first, long count) {
    long bytes = (long) shape.headSize() * Float.BYTES;
    return x.graph()
        .view3d(x, shape.headSize(), count, x.dim(1), bytes, x.stride(1), first * Float.BYTES);
  }

  /**
   * Heads of length 1, in the order that the recurrence reads: head h uses h modulo their count.
   */
  private Tensor keyHeads(Tensor x) {
    GraphBuilder g = x.graph();
    long size = shape.headSize();
    long groups = shape.groups();
    long tokens = x.dim(2);
    float perValue = norm.epsilon() / size;
    Tensor unit = g.scale(g.rmsNorm(x, perValue), (float) (1 / Math.sqrt(size)));
    long repeats = shape.heads() / groups;
    if (repeats == 1 || !input.isGroupedByKey()) {
      return unit;
    }
    Tensor single = g.reshape4d(unit, size, 1, groups, tokens);
    Tensor repeated = g.repeat4d(single, size, repeats, groups, tokens);
    return g.reshape3d(repeated, size, repeats * groups, tokens);
  }
}
