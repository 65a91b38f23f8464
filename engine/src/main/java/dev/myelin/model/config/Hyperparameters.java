package dev.myelin.model.config;

import dev.myelin.graph.RopeParameters;
import org.jspecify.annotations.Nullable;

/**
 * The hyperparameters of a model. Immutable and thread-safe.
 *
 * @param architecture value of {@code general.architecture}
 * @param layers number of decoder layers
 * @param width length of the residual stream (n_embd)
 * @param contextLength context length of training
 * @param feedForward width of the hidden layer of a feed-forward network, or of one expert (n_ff)
 * @param vocabulary number of tokens
 * @param normEpsilon added to the variance in norms
 * @param attention attention heads
 * @param experts the mixture of experts, {@link Experts#NONE} for a dense model
 * @param rope RoPE parameters, null for learned positions
 * @param ropeScaling RoPE scaling for positions beyond the training context
 */
public record Hyperparameters(
    String architecture,
    int layers,
    int width,
    int contextLength,
    int feedForward,
    int vocabulary,
    float normEpsilon,
    Attention attention,
    Experts experts,
    @Nullable RopeParameters rope,
    RopeScaling ropeScaling) {

  /**
   * @param heads query heads
   * @param kvHeads key and value heads, a divisor of heads (grouped-query attention)
   * @param headSize values per query or key head
   */
  public record Attention(int heads, int kvHeads, int headSize) {
    /** Values of all query heads of a position. */
    public int queryWidth() {
      return heads * headSize;
    }

    /** Values of all key heads, or all value heads, of a position. */
    public int kvWidth() {
      return kvHeads * headSize;
    }
  }

  /**
   * @param count experts per layer
   * @param used experts per token
   */
  public record Experts(int count, int used) {
    public static final Experts NONE = new Experts(0, 0);

    public boolean isPresent() {
      return count > 0;
    }
  }

  /** Values of {@code rope.scaling.type}. */
  public enum RopeScaling {
    NONE,
    LINEAR,
    YARN,
    LONGROPE
  }
}
