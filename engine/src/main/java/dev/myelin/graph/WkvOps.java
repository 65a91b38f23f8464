package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import java.lang.foreign.MemorySegment;

/** The recurrences of RWKV and of gated linear attention; f32. Not thread-safe. */
abstract class WkvOps extends RecurrentOps {
  /** ggml's RWKV-7 kernel reads so many values of a head at a time on some processors. */
  private static final int WKV7_BLOCK = 64;

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
        areHeads(states, k, v, r, w) && Shapes.isDense(u) && u.elements() == k.dim(0) * k.dim(1),
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

  private static boolean areHeads(Tensor states, Tensor... tensors) {
    Tensor first = tensors[0];
    boolean fits =
        Shapes.isDense(states)
            && first.dim(3) == 1
            && Shapes.hasShape(
                states, first.dim(0) * first.dim(0) * first.dim(1), states.dim(1), 1, 1)
            && first.dim(2) % states.dim(1) == 0;
    for (Tensor t : tensors) {
      fits &= Shapes.isDense(t) && Shapes.isSameShape(first, t);
    }
    return fits;
  }

  private RecurrentResult splitHeads(Tensor y, Tensor like, Tensor states) {
    return split(
        y,
        new long[] {like.dim(0), like.dim(1), like.dim(2), 1},
        new long[] {states.dim(0), states.dim(1), 1, 1});
  }
}
