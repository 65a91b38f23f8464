package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import java.lang.foreign.MemorySegment;

/**
 * Operations of recurrent layers; f32. They compute the tokens of a sequence one after another, so
 * that results do not depend on where a prompt is cut. All sequences of a node have the same number
 * of tokens. Not thread-safe.
 */
abstract class RecurrentOps extends RopeOps {
  /**
   * A causal convolution of each channel: {@code x} [width - 1 + tokens, channels, sequences],
   * which starts with the inputs before the first token; {@code kernel} [width, channels]; gives
   * [channels, tokens, sequences].
   */
  public Tensor ssmConv(Tensor x, Tensor kernel) {
    Shapes.check(
        Shapes.isDense(x)
            && Shapes.isDense(kernel)
            && x.dim(3) * kernel.dim(2) * kernel.dim(3) == 1
            && x.dim(1) == kernel.dim(1)
            && x.dim(0) >= kernel.dim(0),
        "ssmConv",
        x,
        kernel);
    return wrap(Ggml_h.ggml_ssm_conv(ctx(2), x.struct(), kernel.struct()));
  }

  /**
   * The selective scan of Mamba (Gu and Dao 2023) and Mamba-2 (Dao and Gu 2024): with d =
   * softplus(dt), the state becomes {@code exp(d a) * state + d x b}, and the output is {@code
   * state * c}.
   *
   * @param states [n, headSize, heads, slots]
   * @param x [headSize, heads, tokens, sequences]
   * @param dt [heads, tokens, sequences]
   * @param a [n, heads] for Mamba, [1, heads] for Mamba-2
   * @param b [n, groups, tokens, sequences]; groups divides heads
   * @param c like b
   * @param slots i32 [sequences]: the slot of each sequence's state, unchecked
   * @return the output [headSize, heads, tokens, sequences] and the states [n, headSize, heads,
   *     sequences]
   */
  public RecurrentResult ssmScan(
      Tensor states, Tensor x, Tensor dt, Tensor a, Tensor b, Tensor c, Tensor slots) {
    long n = states.dim(0);
    long heads = x.dim(1);
    long tokens = x.dim(2);
    long sequences = x.dim(3);
    Shapes.check(
        Shapes.isDense(states)
            && Shapes.isDense(dt)
            && Shapes.isDense(a)
            && hasDenseMatrices(x)
            && hasDenseMatrices(b)
            && hasDenseMatrices(c)
            && Shapes.isI32(slots)
            && slots.isContiguousFrom(0)
            && Shapes.hasShape(slots, sequences, 1, 1, 1)
            && Shapes.hasShape(states, n, x.dim(0), heads, states.dim(3))
            && Shapes.hasShape(dt, heads, tokens, sequences, 1)
            && Shapes.hasShape(a, a.dim(0), heads, 1, 1)
            && (a.dim(0) == 1 || a.dim(0) == n)
            && Shapes.hasShape(b, n, b.dim(1), tokens, sequences)
            && Shapes.isSameShape(b, c)
            && heads % b.dim(1) == 0,
        "ssmScan",
        states,
        x,
        dt,
        a,
        b,
        c,
        slots);
    MemorySegment y =
        Ggml_h.ggml_ssm_scan(
            ctx(7),
            states.struct(),
            x.struct(),
            dt.struct(),
            a.struct(),
            b.struct(),
            c.struct(),
            slots.struct(),
            1);
    return split(
        wrap(y),
        new long[] {x.dim(0), heads, tokens, sequences},
        new long[] {n, x.dim(0), heads, sequences});
  }

  /**
   * The gated delta rule (Yang et al. 2024), with the vector gate of Kimi Delta Attention too: the
   * state S becomes {@code exp(g) S + k (beta (v - kᵀ exp(g) S))ᵀ}, and the output is {@code Sᵀ q /
   * sqrt(size)}.
   *
   * @param q [size, keyHeads, tokens, sequences]; head h of v reads head h modulo keyHeads
   * @param k like q
   * @param v [size, heads, tokens, sequences]
   * @param g the logarithm of the decay, [1 or size, heads, tokens, sequences]
   * @param beta [1, heads, tokens, sequences]
   * @param states [size, size, heads, sequences]; dimension 0 is that of the keys
   * @return the output, of the shape of v, and the states
   */
  public RecurrentResult gatedDeltaNet(
      Tensor q, Tensor k, Tensor v, Tensor g, Tensor beta, Tensor states) {
    long size = v.dim(0);
    long heads = v.dim(1);
    long tokens = v.dim(2);
    long sequences = v.dim(3);
    Shapes.check(
        Shapes.isF32Rows(q)
            && Shapes.isF32Rows(k)
            && Shapes.isF32Rows(v)
            && Shapes.isDense(g)
            && Shapes.isDense(beta)
            && Shapes.isDense(states)
            && Shapes.hasShape(q, size, q.dim(1), tokens, sequences)
            && Shapes.isSameShape(q, k)
            && heads % q.dim(1) == 0
            && (g.dim(0) == 1 || g.dim(0) == size)
            && Shapes.hasShape(g, g.dim(0), heads, tokens, sequences)
            && Shapes.hasShape(beta, 1, heads, tokens, sequences)
            && Shapes.hasShape(states, size, size, heads, sequences),
        "gatedDeltaNet",
        q,
        k,
        v,
        g,
        beta,
        states);
    MemorySegment y =
        Ggml_h.ggml_gated_delta_net(
            ctx(6),
            q.struct(),
            k.struct(),
            v.struct(),
            g.struct(),
            beta.struct(),
            states.struct(),
            1);
    return split(
        wrap(y),
        new long[] {size, heads, tokens, sequences},
        new long[] {size, size, heads, sequences});
  }

  /** Whether dimensions 0 and 1 are dense; the others may be strided. */
  private static boolean hasDenseMatrices(Tensor t) {
    return Shapes.isF32Rows(t) && t.stride(1) == t.dim(0) * Float.BYTES;
  }

  /** Views of the output and the states behind it. */
  RecurrentResult split(Tensor y, long[] output, long[] states) {
    long elements = output[0] * output[1] * output[2] * output[3];
    return new RecurrentResult(
        denseView(y, output, 0), denseView(y, states, elements * Float.BYTES));
  }

  private Tensor denseView(Tensor y, long[] d, long offset) {
    long stride1 = d[0] * Float.BYTES;
    long stride2 = stride1 * d[1];
    return view4d(y, d[0], d[1], d[2], d[3], stride1, stride2, stride2 * d[2], offset);
  }
}
