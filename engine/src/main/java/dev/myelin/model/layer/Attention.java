package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.pass.ForwardPass;

/**
 * Self-attention over the cache (Vaswani et al. 2017; grouped heads, Ainslie et al. 2023).
 *
 * @param output [heads * headSize, width]
 * @param queryNorm norm of each query head before it is rotated, or null
 * @param keyNorm likewise of each key head
 * @param rope null where positions are learned
 * @param scale of the products of queries and keys
 */
public record Attention(
    Projections projections, Linear output, Norm queryNorm, Norm keyNorm, Rope rope, float scale) {

  /** [width, tokens] to the same shape. */
  public Tensor apply(ForwardPass pass, int layer, Tensor x) {
    GraphBuilder g = pass.graph();
    Projections.Heads heads = projections.apply(g, x);
    Tensor q = position(pass, heads.q(), queryNorm).named("q-" + layer);
    Tensor k = position(pass, heads.k(), keyNorm).named("k-" + layer);
    Tensor mixed = pass.attend(layer, q, k, heads.v(), scale).named("attention-" + layer);
    return output.apply(g, mixed);
  }

  private Tensor position(ForwardPass pass, Tensor head, Norm norm) {
    Tensor normed = norm == null ? head : norm.apply(pass.graph(), head);
    return rope == null ? normed : rope.apply(pass, normed);
  }
}
