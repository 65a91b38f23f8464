package dev.myelin.model.config;

/**
 * How a router selects the experts of a token and weights them. Immutable and thread-safe.
 *
 * @param experts number of experts
 * @param used experts per token
 * @param gating function of the logits
 * @param isByLogit whether experts are selected by their logits, not by the function's values; no
 *     difference but for values that the function rounds to the same
 * @param groups groups of adjacent experts of which only some are eligible, 1 for no restriction
 *     (DeepSeek-V3, arXiv 2412.19437)
 * @param usedGroups eligible groups per token: those whose two best experts have the largest sum
 * @param isNormalized whether the weights of the selected experts are divided by their sum
 * @param scale factor of the weights
 */
public record Routing(
    int experts,
    int used,
    Gating gating,
    boolean isByLogit,
    int groups,
    int usedGroups,
    boolean isNormalized,
    float scale) {
  /** Selection by the logits. */
  public Routing byLogit() {
    return new Routing(experts, used, gating, true, groups, usedGroups, isNormalized, scale);
  }

  /** Another factor of the weights. */
  public Routing withScale(float factor) {
    return new Routing(experts, used, gating, isByLogit, groups, usedGroups, isNormalized, factor);
  }

  public int expertsPerGroup() {
    return experts / groups;
  }
}
