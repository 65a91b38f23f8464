package dev.myelin.model.config;

import dev.myelin.graph.RopeParameters;
import java.util.Locale;

/** Reads the keys {@code rope.*}. Confined to one thread at a time. */
public final class RopeConfig {
  private static final float DEFAULT_BASE = 10_000f;
  // Peng et al. 2023, section 3.2; constants in the reference implementation
  private static final float YARN_BETA_FAST = 32f;
  private static final float YARN_BETA_SLOW = 1f;

  private final Config config;

  RopeConfig(Config config) {
    this.config = config;
  }

  /** The value of {@code rope.scaling.type}. */
  public RopeScaling scaling() {
    String key = "rope.scaling.type";
    String name = config.string(key, "linear");
    for (RopeScaling scaling : RopeScaling.values()) {
      if (scaling.name().toLowerCase(Locale.ROOT).equals(name)) {
        return scaling;
      }
    }
    throw config.error(key, "none, linear, yarn or longrope");
  }

  /**
   * Parameters for heads that are rotated whole: a partial rotation is rejected, as in the
   * reference implementation.
   */
  public RopeParameters whole(RopeParameters.Type type) {
    int headSize = config.attentionLayer(0).keySize();
    int dimensions = config.intBetween("rope.dimension_count", 0, Config.MAX_WIDTH, headSize);
    if (dimensions != headSize || headSize % 2 != 0) {
      throw config.error(
          config.has("rope.dimension_count") ? "rope.dimension_count" : "attention.head_count",
          "an even head size, rotated whole: " + headSize);
    }
    return of(type, dimensions);
  }

  /** Parameters for heads of which the first {@code rope.dimension_count} values are rotated. */
  public RopeParameters partial(RopeParameters.Type type, int headSize) {
    int dimensions = config.intBetween("rope.dimension_count", 2, headSize, headSize);
    if (dimensions % 2 != 0) {
      throw config.error("rope.dimension_count", "an even number");
    }
    if (headSize % 2 != 0) {
      String key = config.has("attention.key_length") ? "key_length" : "head_count";
      throw config.error("attention." + key, "an even head size, not " + headSize);
    }
    return of(type, dimensions);
  }

  /**
   * Parameters for a number of values, with YaRN's magnitude of models that have a log multiplier:
   * (0.1 m ln(factor) + 1) / (0.1 multiplier ln(factor) + 1).
   *
   * @param magnitude the m of rotated values; 0 for the multiplier itself, which gives 1
   */
  public RopeParameters withLogMultiplier(
      RopeParameters.Type type, int dimensions, float magnitude) {
    RopeParameters p = of(type, dimensions);
    float multiplier = logMultiplier();
    float factor = factor();
    if (multiplier == 0 || p.extFactor() == 0 || factor <= 1) {
      return p;
    }
    double log = 0.1 * Math.log(factor);
    double rotated = 1 + (magnitude == 0 ? multiplier : magnitude) * log;
    double plain = 1 + log;
    return p.withAttentionFactor(
        (float) (p.attentionFactor() * rotated / (1 + multiplier * log) / plain));
  }

  /** The multiplier of YaRN's logarithm in the scores; files have a tenth of it. 0 for none. */
  public float logMultiplier() {
    String key = "rope.scaling.yarn_log_multiplier";
    float value = config.float32(key, 0f);
    if (!Float.isFinite(value)) {
      throw config.error(key, "a number");
    }
    return value / 0.1f;
  }

  /** Parameters for a number of values. */
  public RopeParameters of(RopeParameters.Type type, int dimensions) {
    RopeScaling scaling = scaling();
    float factor = factor();
    boolean isYarn = scaling == RopeScaling.YARN;
    float attentionFactor = config.positiveFloat("rope.scaling.attn_factor", 1f);
    if (isYarn) {
      attentionFactor *= yarnAttentionFactor(factor);
    }
    return new RopeParameters(
        dimensions,
        type,
        originalContext(),
        config.positiveFloat("rope.freq_base", DEFAULT_BASE),
        scaling == RopeScaling.NONE ? 1f : 1f / factor,
        isYarn ? 1f : 0f,
        attentionFactor,
        YARN_BETA_FAST,
        YARN_BETA_SLOW);
  }

  /**
   * Parameters of layers with a window: base {@code rope.freq_base_swa}, and no scaling of
   * positions.
   */
  public RopeParameters windowed(RopeParameters.Type type, int dimensions) {
    RopeParameters p = of(type, dimensions);
    return p.withFrequencies(config.positiveFloat("rope.freq_base_swa", DEFAULT_BASE), 1f);
  }

  /** The context length of training before it was extended. */
  public int originalContext() {
    int length =
        config.intBetween("rope.scaling.original_context_length", 0, Config.MAX_CONTEXT, 0);
    return length == 0 ? config.contextLength() : length;
  }

  /** The factor by which positions are scaled; 1 for none. Also reads an older key. */
  public float factor() {
    String key = config.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
    float factor = config.float32(key, 0f);
    if (!(factor >= 0 && factor < Float.POSITIVE_INFINITY)) {
      throw config.error(key, "a positive number, or 0 for none");
    }
    return factor == 0 ? 1f : factor;
  }

  /**
   * YaRN's attention temperature, 0.1 ln(s) + 1, divided by the factor that the kernel itself
   * applies.
   */
  private static float yarnAttentionFactor(float factor) {
    float kernelFactor = (float) (1 + 0.1 * Math.log(factor));
    float targetFactor = factor <= 1 ? 1f : kernelFactor;
    return targetFactor / kernelFactor;
  }
}
