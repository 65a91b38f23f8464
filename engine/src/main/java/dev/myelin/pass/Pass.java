package dev.myelin.pass;

import dev.myelin.cache.KvState;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;

/**
 * A forward pass under construction: the graph, its inputs, its attention and what it emits. {@link
 * CachedPass} is for inference, {@code dev.myelin.train.TrainingPass} for training; architectures
 * do not distinguish them.
 */
public interface Pass {
  GraphBuilder graph();

  /** Maximum number of positions; some models choose their RoPE factors by it. */
  int contextLength();

  /** Token ids, i32 [tokens]. */
  Tensor tokens();

  /** Positions, i32 [tokens]. */
  Tensor positions();

  /** {@code a + b}, b broadcast to the shape of a. */
  default Tensor add(Tensor a, Tensor b) {
    return graph().add(a, b);
  }

  /**
   * Keeps only the positions whose output is requested: [n, tokens] to [n, outputs]. Called in the
   * last layer, after its attention.
   */
  Tensor keep(Tensor x);

  /**
   * Zeroes the positions that the loss ignores, [n, tokens] to the same shape, so that no gradient
   * flows through them. Called on the input of the output matrix, and on the logits if they have a
   * bias.
   */
  default Tensor applyLossMask(Tensor x) {
    return x;
  }

  /**
   * Computes self-attention over the positions visible to each token, and remembers their keys and
   * values.
   *
   * @param state where the keys and values of this layer are stored
   * @param q f32 [headSize, heads, tokens]
   * @param k f32 [headSize, kvHeads, tokens]
   * @param v f32 [headSize, kvHeads, tokens]
   * @return f32 [headSize * heads, tokens]
   */
  Tensor attend(KvState state, Tensor q, Tensor k, Tensor v, AttentionSpec spec);

  /** Emits the logits of the requested positions: f32 [vocabulary, outputs]. */
  void emitLogits(Tensor logits);
}
