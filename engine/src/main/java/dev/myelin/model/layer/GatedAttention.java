package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.LayerConfig;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.pass.Pass;
import dev.myelin.state.KvState;

/**
 * Attention whose output is multiplied by the sigmoid of a gate (Qiu et al. 2025), with a norm on
 * each query and key head before RoPE. The gate is a projection like the query: the matrix of
 * queries gives a head's query, then its gate.
 *
 * @param qkv with twice the query heads
 * @param kv null if the layer is not computed
 * @param out [heads * size, width]
 */
public record GatedAttention(
    Qkv qkv, Norm qNorm, Norm kNorm, Rope rope, KvState kv, AttentionSpec spec, Linear out)
    implements Mixer {

  /**
   * Takes {@code attn_q} to {@code attn_v}, {@code attn_q_norm}, {@code attn_k_norm} and {@code
   * attn_output}.
   *
   * @param shape whose keys are as wide as its values
   */
  public static GatedAttention of(
      Weights w, long width, LayerConfig shape, float epsilon, Rope rope, KvState kv) {
    int size = shape.keySize();
    LayerConfig doubled = new LayerConfig(2 * shape.heads(), shape.kvHeads(), size, size, 0);
    return new GatedAttention(
        Qkv.of(w, width, doubled, Linear.Part.OPTIONAL_BIAS),
        Norm.rms(w, "attn_q_norm", size, epsilon),
        Norm.rms(w, "attn_k_norm", size, epsilon),
        rope,
        kv,
        AttentionSpec.causal(shape.attentionScale()),
        Linear.of(w, "attn_output", shape.queryWidth(), width));
  }

  @Override
  public Tensor of(Pass pass, Tensor x) {
    GraphBuilder g = pass.graph();
    Qkv.Heads h = qkv.of(x);
    Tensor q = rope.of(pass, qNorm.of(everySecond(h.q(), 0)));
    Tensor k = rope.of(pass, kNorm.of(h.k()));
    Tensor attention = pass.attend(kv, q, k, h.v(), spec);
    Tensor gate = g.contiguous(everySecond(h.q(), 1));
    gate = g.sigmoid(g.reshape2d(gate, attention.dim(0), attention.dim(1)));
    return out.of(g.multiply(attention, gate));
  }

  /** Heads {@code first}, {@code first + 2} ... of [size, heads, tokens]. */
  private static Tensor everySecond(Tensor t, long first) {
    return t.graph()
        .view3d(
            t, t.dim(0), t.dim(1) / 2, t.dim(2), 2 * t.stride(1), t.stride(2), first * t.stride(1));
  }
}
