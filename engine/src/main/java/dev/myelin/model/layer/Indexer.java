package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.IndexerConfig;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.Pass;
import dev.myelin.state.KvState;

/**
 * The lightning indexer of sparse attention (DeepSeek-V3.2, 2025): a small attention that says
 * which positions a token sees.
 *
 * @param q from the queries' latent vector [queryRank, heads * size]
 * @param k from the layer's input [width, size], one head
 * @param kNorm a layer norm
 * @param weights of heads, from the layer's input [width, heads]
 * @param keys the state that keeps k
 */
public record Indexer(
    IndexerConfig shape, Linear q, Linear k, Norm kNorm, Linear weights, Rope rope, KvState keys) {
  private static final float EPSILON = 1e-6f;

  /** Takes {@code indexer.attn_q_b}, {@code indexer.attn_k}, {@code k_norm} and {@code proj}. */
  public static Indexer of(
      Weights w, long width, long queryRank, IndexerConfig c, Rope rope, KvState keys) {
    return new Indexer(
        c,
        Linear.of(w, "indexer.attn_q_b", queryRank, (long) c.heads() * c.size(), Part.NO_SCALE),
        Linear.of(w, "indexer.attn_k", width, c.size(), Part.NO_SCALE),
        Norm.layer(w, "indexer.k_norm", c.size(), EPSILON),
        Linear.of(w, "indexer.proj", width, c.heads(), Part.NO_SCALE),
        rope,
        keys);
  }

  /**
   * Stores the keys of the pass's tokens and selects positions: i32 [topK, tokens].
   *
   * @param x the layer's input [width, tokens]
   * @param queries the queries' latent vector [queryRank, tokens]
   */
  public Tensor select(Pass pass, Tensor x, Tensor queries) {
    GraphBuilder g = pass.graph();
    long tokens = x.dim(1);
    Tensor wide = g.reshape3d(q.of(queries), shape.size(), shape.heads(), tokens);
    Tensor key = g.reshape3d(kNorm.of(k.of(x)), shape.size(), 1, tokens);
    // the transform keeps dot products, and spreads large values before the keys are quantised
    pass.store(keys, g.hadamard(rope.of(pass, key)), null);
    float scale = (float) (1 / Math.sqrt((double) shape.size() * shape.heads()));
    Tensor factors = g.scale(weights.of(x), scale);
    return pass.select(keys, g.hadamard(rope.of(pass, wide)), factors, shape.topK());
  }
}
