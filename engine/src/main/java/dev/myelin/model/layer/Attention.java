package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.pass.ForwardPass;

/**
 * Self-attention (Vaswani et al. 2017) with grouped query heads (Ainslie et al. 2023).
 *
 * @param output [heads * headSize, width]
 * @param queryNorm norm of each query head before RoPE, or null
 * @param keyNorm norm of each key head before RoPE, or null
 * @param rope rotary positions, or null if positions are learned
 * @param scale factor of QKᵀ before the softmax
 */
public record Attention(
    QkvProjection qkvProjection,
    Linear output,
    Norm queryNorm,
    Norm keyNorm,
    Rope rope,
    float scale) {

  /** [width, tokens] to the same shape. */
  public Tensor apply(ForwardPass pass, int layer, Tensor x) {
    GraphBuilder g = pass.graph();
    QkvProjection.Qkv qkv = qkvProjection.apply(g, x);
    Tensor q = normAndRope(pass, qkv.q(), queryNorm).named("Qcur-" + layer);
    Tensor k = normAndRope(pass, qkv.k(), keyNorm).named("Kcur-" + layer);
    Tensor kqvOut = pass.attend(layer, q, k, qkv.v(), scale).named("kqv_out-" + layer);
    return output.apply(g, kqvOut);
  }

  private Tensor normAndRope(ForwardPass pass, Tensor head, Norm norm) {
    Tensor normed = norm == null ? head : norm.apply(pass.graph(), head);
    return rope == null ? normed : rope.apply(pass, normed);
  }
}
