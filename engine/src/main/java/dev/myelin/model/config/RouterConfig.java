package dev.myelin.model.config;

/** Reads the keys of a layer's mixture of experts. Confined to one thread at a time. */
public final class RouterConfig {
  private static final String GATING = "expert_gating_func";
  private static final String GROUPS = "expert_group_count";
  private static final String USED_GROUPS = "expert_group_used_count";
  private static final int MAX_SHARED = 1024;

  private final Config config;
  private final int layer;

  RouterConfig(Config config, int layer) {
    this.config = config;
    this.layer = layer;
  }

  /** Routing to the layer's experts, in groups where the file says so. */
  public Routing routing(Gating gating, boolean isNormalized) {
    ExpertConfig experts = config.experts(layer);
    if (!experts.isPresent()) {
      throw config.error("expert_count", "1 or more");
    }
    int groups = config.intBetween(GROUPS, 0, experts.count() - 1, 1);
    if (groups <= 1) {
      return new Routing(experts.count(), experts.used(), gating, false, 1, 1, isNormalized, 1f);
    }
    if (experts.count() % groups != 0) {
      throw config.error(GROUPS, "a divisor of " + experts.count() + " experts");
    }
    int usedGroups = config.intBetween(USED_GROUPS, 1, groups - 1);
    int eligible = experts.count() / groups * usedGroups;
    if (experts.used() > eligible) {
      throw config.error(
          "expert_used_count", "at most the " + eligible + " experts of " + usedGroups + " groups");
    }
    return new Routing(
        experts.count(), experts.used(), gating, false, groups, usedGroups, isNormalized, 1f);
  }

  /** The function of the logits. */
  public Gating gating(Gating defaultValue) {
    int value = config.intBetween(GATING, 0, Gating.values().length, 0);
    return value == 0 ? defaultValue : Gating.values()[value - 1];
  }

  /** The function of the logits, which the file must name. */
  public Gating requiredGating() {
    return Gating.values()[config.intBetween(GATING, 1, Gating.values().length) - 1];
  }

  /** Whether the weights of the selected experts are divided by their sum. */
  public boolean isNormalized(boolean defaultValue) {
    return config.bool("expert_weights_norm", defaultValue);
  }

  /** The factor of the weights: 1 if the file has none, or 0. */
  public float scale() {
    String key = "expert_weights_scale";
    float scale = config.float32(key, 0f);
    if (!Float.isFinite(scale)) {
      throw config.error(key, "a number");
    }
    return scale == 0 ? 1f : scale;
  }

  /** The width of an expert's hidden layer, which the file must have. */
  public int ffnWidth() {
    return config.ofLayer("expert_feed_forward_length", layer, 1, Config.MAX_WIDTH);
  }

  /** The width of an expert's hidden layer; {@code defaultValue} if the key is missing or 0. */
  public int ffnWidth(int defaultValue) {
    String key = "expert_feed_forward_length";
    int width = config.has(key) ? config.ofLayer(key, layer, 0, Config.MAX_WIDTH) : 0;
    return width == 0 ? defaultValue : width;
  }

  /** The number of experts that every token uses. */
  public int sharedCount(int min) {
    return config.intBetween("expert_shared_count", min, MAX_SHARED);
  }

  /**
   * The width of the shared experts' hidden layer; {@code defaultValue} if the key is missing or 0.
   */
  public int sharedWidth(int defaultValue) {
    int width = config.intBetween("expert_shared_feed_forward_length", 0, Config.MAX_WIDTH, 0);
    return width == 0 ? defaultValue : width;
  }

  /** The width of so many experts of that width as one network. */
  public int widthOf(int count, int width) {
    if ((long) count * width > Config.MAX_WIDTH) {
      throw config.error("expert_shared_count", "a width of " + Config.MAX_WIDTH + " in all");
    }
    return count * width;
  }

  /** The limit of the experts' activations, 0 for none. */
  public float clamp() {
    return config.floatOfLayer("swiglu_clamp_exp", layer, 0f, 0f);
  }

  /** The limit of the shared experts' activations, 0 for none. */
  public float sharedClamp(float defaultValue) {
    return config.floatOfLayer("swiglu_clamp_shexp", layer, 0f, defaultValue);
  }

  /** Whether the layer is one of the first, which have no experts. */
  public boolean isLeadingDense() {
    return layer < config.intBetween("leading_dense_block_count", 0, Config.MAX_LAYERS, 0);
  }
}
