package dev.myelin.pass;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;

/**
 * One forward pass while its graph is built: the graph, its inputs, and how its positions see each
 * other. {@link CachedPass} generates, {@code dev.myelin.train.TrainingPass} trains; architectures
 * need not know which.
 */
public interface ForwardPass {
  GraphBuilder graph();

  /** How many positions the model is to see at most, by which some choose their rope factors. */
  int contextLength();

  /** Token ids, i32 [tokens]. */
  Tensor tokens();

  /** Positions, i32 [tokens]. */
  Tensor positions();

  /** Keeps only the positions whose logits are asked for: [n, tokens] to [n, outputs]. */
  Tensor selectOutputs(Tensor x);

  /**
   * Leaves what is not learned out of the derivatives: [n, tokens] to the same shape. Asked for
   * what goes into the output matrix, and for logits to which a bias was added.
   */
  default Tensor learnable(Tensor x) {
    return x;
  }

  /**
   * Attends over the positions that each one may see.
   *
   * @param q f32 [headSize, heads, tokens]
   * @param k f32 [headSize, kvHeads, tokens]
   * @param v f32 [headSize, kvHeads, tokens]
   * @return f32 [headSize * heads, tokens]
   */
  Tensor attend(int layer, Tensor q, Tensor k, Tensor v, float scale);
}
