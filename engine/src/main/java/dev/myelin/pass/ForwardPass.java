package dev.myelin.pass;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;

/**
 * A forward pass under construction: the graph, its inputs, and its attention. {@link CachedPass}
 * is for inference, {@code dev.myelin.train.TrainingPass} for training; architectures do not
 * distinguish them.
 */
public interface ForwardPass {
  GraphBuilder graph();

  /** Maximum number of positions; some models choose their RoPE factors by it. */
  int contextLength();

  /** Token ids, i32 [tokens]. */
  Tensor tokens();

  /** Positions, i32 [tokens]. */
  Tensor positions();

  /** Keeps only the positions whose logits are requested: [n, tokens] to [n, outputs]. */
  Tensor selectOutputs(Tensor x);

  /**
   * Zeroes the positions that the loss ignores, [n, tokens] to the same shape, so that no gradient
   * flows through them. Called on the input of the output matrix, and on the logits if they have a
   * bias.
   */
  default Tensor applyLossMask(Tensor x) {
    return x;
  }

  /**
   * Computes self-attention over the positions visible to each token.
   *
   * @param q f32 [headSize, heads, tokens]
   * @param k f32 [headSize, kvHeads, tokens]
   * @param v f32 [headSize, kvHeads, tokens]
   * @return f32 [headSize * heads, tokens]
   */
  Tensor attend(int layer, Tensor q, Tensor k, Tensor v, float scale);
}
