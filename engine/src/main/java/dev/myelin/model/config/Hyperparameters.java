package dev.myelin.model.config;

import dev.myelin.graph.RopeParameters;

/**
 * The shape of a model.
 *
 * @param architecture value of {@code general.architecture}
 * @param layers number of decoder layers
 * @param width length of the residual stream (n_embd)
 * @param contextLength positions it was trained for
 * @param feedForward inner width of a feed-forward layer, or of one expert
 * @param vocabulary number of tokens
 * @param normEpsilon added to the variance in norms
 * @param attention heads
 * @param experts the mixture, {@link Experts#NONE} for a dense model
 * @param rope rotary positions, null for learned ones
 * @param ropeType how positions beyond the training context are scaled
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
    RopeParameters rope,
    RopeScaling ropeType) {

  /**
   * @param heads query heads
   * @param kvHeads key and value heads, a divisor of heads (grouped-query attention)
   * @param headSize values of a query or key head
   */
  public record Attention(int heads, int kvHeads, int headSize) {
    /** Length of all queries of a position. */
    public int queryWidth() {
      return heads * headSize;
    }

    /** Length of all keys, or all values, of a position. */
    public int kvWidth() {
      return kvHeads * headSize;
    }
  }

  /**
   * @param count experts of a layer
   * @param used experts a token is sent to
   */
  public record Experts(int count, int used) {
    public static final Experts NONE = new Experts(0, 0);

    public boolean present() {
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
