package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import java.lang.foreign.MemorySegment;

/**
 * Operations of recurrent layers; f32. They compute the tokens of a sequence one after another, so
 * that results do not depend on where a prompt is cut. All sequences of a node have the same number
 * of tokens. Not thread-safe.
 */
abstract class RecurrentOps extends RopeOps {
  /** ggml's RWKV-7 kernel reads so many values of a head at a time on some processors. */
  private static final int WKV7_BLOCK = 64;

  /**
   * A causal convolution of each channel: {@code x} [width - 1 + tokens, channels, sequences],
   * which starts with the inputs before the first token; {@code kernel} [width, channels]; gives
   * [channels, tokens, sequences].
   */
  public Tensor ssmConv(Tensor x, Tensor kernel) {
    Shapes.check(
        isDense(x)
            && isDense(kernel)
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
        isDense(states)
            && isDense(dt)
            && isDense(a)
            && hasDenseMatrices(x)
            && hasDenseMatrices(b)
            && hasDenseMatrices(c)
            && Shapes.isI32(slots)
            && slots.isContiguousFrom(0)
            && hasShape(slots, sequences, 1, 1, 1)
            && hasShape(states, n, x.dim(0), heads, states.dim(3))
            && hasShape(dt, heads, tokens, sequences, 1)
            && hasShape(a, a.dim(0), heads, 1, 1)
            && (a.dim(0) == 1 || a.dim(0) == n)
            && hasShape(b, n, b.dim(1), tokens, sequences)
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
            && isDense(g)
            && isDense(beta)
            && isDense(states)
            && hasShape(q, size, q.dim(1), tokens, sequences)
            && Shapes.isSameShape(q, k)
            && heads % q.dim(1) == 0
            && (g.dim(0) == 1 || g.dim(0) == size)
            && hasShape(g, g.dim(0), heads, tokens, sequences)
            && hasShape(beta, 1, heads, tokens, sequences)
            && hasShape(states, size, size, heads, sequences),
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

  /**
   * The recurrence of RWKV-6 (Peng et al. 2024): the output is {@code (u kᵀ v + S) r}, and S
   * becomes {@code w S + kᵀ v}.
   *
   * @param k [size, heads, tokens]; the tokens of a sequence are adjacent
   * @param v like k
   * @param r like k
   * @param u [size, heads]
   * @param w decay, like k
   * @param states [size * size * heads, sequences]
   * @return the output [size, heads, tokens] and the states
   */
  public RecurrentResult wkv6(Tensor k, Tensor v, Tensor r, Tensor u, Tensor w, Tensor states) {
    Shapes.check(
        areHeads(states, k, v, r, w) && isDense(u) && u.elements() == k.dim(0) * k.dim(1),
        "wkv6",
        k,
        v,
        r,
        u,
        w,
        states);
    MemorySegment y =
        Ggml_h.ggml_rwkv_wkv6(
            ctx(6), k.struct(), v.struct(), r.struct(), u.struct(), w.struct(), states.struct());
    return splitHeads(wrap(y), k, states);
  }

  /**
   * The recurrence of RWKV-7 (Peng et al. 2025): S becomes {@code w S + vᵀ k + (S a)ᵀ b}, and the
   * output is {@code S r}.
   *
   * @param r [size, heads, tokens], size a multiple of 64; the tokens of a sequence are adjacent
   * @param w decay; it, k, v, a and b are like r
   * @param states [size * size * heads, sequences]
   * @return the output [size, heads, tokens] and the states
   */
  public RecurrentResult wkv7(
      Tensor r, Tensor w, Tensor k, Tensor v, Tensor a, Tensor b, Tensor states) {
    Shapes.check(
        areHeads(states, r, w, k, v, a, b) && r.dim(0) % WKV7_BLOCK == 0,
        "wkv7",
        r,
        w,
        k,
        v,
        a,
        b,
        states);
    MemorySegment y =
        Ggml_h.ggml_rwkv_wkv7(
            ctx(7),
            r.struct(),
            w.struct(),
            k.struct(),
            v.struct(),
            a.struct(),
            b.struct(),
            states.struct());
    return splitHeads(wrap(y), r, states);
  }

  /**
   * Gated linear attention (Yang et al. 2023): S becomes {@code g S + kᵀ v}, and the output is
   * {@code scale * S q}.
   *
   * @param k [size, heads, tokens]; the tokens of a sequence are adjacent
   * @param v like k; so are q and g
   * @param states [size * size * heads, sequences]
   * @return the output [size, heads, tokens] and the states
   */
  public RecurrentResult gatedLinearAttention(
      Tensor k, Tensor v, Tensor q, Tensor g, Tensor states, float scale) {
    Shapes.check(areHeads(states, k, v, q, g), "gatedLinearAttention", k, v, q, g, states);
    MemorySegment y =
        Ggml_h.ggml_gated_linear_attn(
            ctx(5), k.struct(), v.struct(), q.struct(), g.struct(), states.struct(), scale);
    return splitHeads(wrap(y), k, states);
  }

  private static boolean isDense(Tensor t) {
    return Shapes.isF32(t) && t.stride(0) == Float.BYTES && t.isContiguousFrom(0);
  }

  /** Whether dimensions 0 and 1 are dense; the others may be strided. */
  private static boolean hasDenseMatrices(Tensor t) {
    return Shapes.isF32Rows(t) && t.stride(1) == t.dim(0) * Float.BYTES;
  }

  private static boolean hasShape(Tensor t, long d0, long d1, long d2, long d3) {
    return t.dim(0) == d0 && t.dim(1) == d1 && t.dim(2) == d2 && t.dim(3) == d3;
  }

  private static boolean areHeads(Tensor states, Tensor... tensors) {
    Tensor first = tensors[0];
    boolean fits =
        isDense(states)
            && first.dim(3) == 1
            && hasShape(states, first.dim(0) * first.dim(0) * first.dim(1), states.dim(1), 1, 1)
            && first.dim(2) % states.dim(1) == 0;
    for (Tensor t : tensors) {
      fits &= isDense(t) && Shapes.isSameShape(first, t);
    }
    return fits;
  }

  private RecurrentResult splitHeads(Tensor y, Tensor like, Tensor states) {
    return split(
        y,
        new long[] {like.dim(0), like.dim(1), like.dim(2), 1},
        new long[] {states.dim(0), states.dim(1), 1, 1});
  }

  /** Views of the output and the states behind it. */
  private RecurrentResult split(Tensor y, long[] output, long[] states) {
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
