package dev.myelin.model.config;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.graph.RopeParameters;
import dev.myelin.model.config.Hyperparameters.Attention;
import dev.myelin.model.config.Hyperparameters.Experts;
import dev.myelin.model.config.Hyperparameters.RopeScaling;
import dev.myelin.tokenizer.Tokenizer;
import java.util.Locale;

/**
 * Reads the hyperparameters of one architecture from a file's metadata: keys {@code ARCHITECTURE.*}
 * of the GGUF specification. Checks the bounds and the consistency of all values. An invalid value
 * is a {@link dev.myelin.error.ModelFileException} that names the key. Confined to one thread at a
 * time.
 */
public final class HyperparameterReader {
  // far beyond any published model; the product of any two fits into 63 bits
  static final int MAX_LAYERS = 512;
  private static final int MAX_WIDTH = 1 << 20;
  private static final int MAX_CONTEXT = 1 << 28;
  private static final int MAX_EXPERTS = 1024;
  private static final float DEFAULT_ROPE_BASE = 10_000f;
  // Peng et al. 2023, section 3.2; constants in the reference implementation
  private static final float YARN_BETA_FAST = 32f;
  private static final float YARN_BETA_SLOW = 1f;

  private final GgufFile file;
  private final Metadata metadata;
  private final String prefix;

  public HyperparameterReader(GgufFile file, String architecture) {
    this.file = file;
    this.metadata = file.metadata();
    this.prefix = architecture + ".";
  }

  public String architecture() {
    return prefix.substring(0, prefix.length() - 1);
  }

  public int layers() {
    return intBetween("block_count", 1, MAX_LAYERS);
  }

  public int width() {
    return intBetween("embedding_length", 1, MAX_WIDTH);
  }

  public int contextLength() {
    return intBetween("context_length", 1, MAX_CONTEXT);
  }

  public int feedForward() {
    return sameInAllLayers("feed_forward_length", 1, MAX_WIDTH);
  }

  /**
   * The number of tokens. {@code vocab_size} applies only if the file has no vocabulary; else it is
   * ignored, because published files often have a wrong value.
   */
  public int vocabulary() {
    return Tokenizer.vocabularySize(file);
  }

  /** A required positive, finite number. */
  public float positiveFloat(String key) {
    float value = metadata.f32(prefix + key);
    if (!(value > 0 && value < Float.POSITIVE_INFINITY)) {
      throw metadata.error(prefix + key, "a positive number");
    }
    return value;
  }

  /** A positive, finite number, or {@code defaultValue} if the key is missing. */
  public float positiveFloat(String key, float defaultValue) {
    return metadata.has(prefix + key) ? positiveFloat(key) : defaultValue;
  }

  /** An integer within bounds, or {@code defaultValue} if the key is missing. */
  public int intBetween(String key, int min, int max, int defaultValue) {
    return metadata.has(prefix + key) ? intBetween(key, min, max) : defaultValue;
  }

  /** A required integer within bounds. */
  public int intBetween(String key, int min, int max) {
    int value = metadata.u32(prefix + key);
    if (value < min || value > max) {
      throw metadata.error(prefix + key, min + " to " + max);
    }
    return value;
  }

  /** An integer within bounds: a scalar, or an array with the same value for every layer. */
  private int sameInAllLayers(String key, int min, int max) {
    String fullKey = prefix.concat(key);
    int value = LayerValues.sameInAllLayers(file, fullKey, layers());
    if (value < min || value > max) {
      throw metadata.error(fullKey, "expected " + min + " to " + max);
    }
    return value;
  }

  /** The attention heads. Also rejects keys that request what no architecture computes. */
  public Attention attention() {
    int width = width();
    int heads = sameInAllLayers("attention.head_count", 1, width);
    String kvKey = "attention.head_count_kv";
    int kvHeads = metadata.has(prefix.concat(kvKey)) ? sameInAllLayers(kvKey, 1, heads) : heads;
    if (heads % kvHeads != 0) {
      throw metadata.error(prefix + "attention.head_count_kv", "a divisor of " + heads + " heads");
    }
    boolean hasKeyLength = metadata.has(prefix + "attention.key_length");
    if (!hasKeyLength && width % heads != 0) {
      throw metadata.error(
          prefix + "attention.head_count", "a divisor of embedding_length " + width);
    }
    int headSize = intBetween("attention.key_length", 1, width, width / heads);
    int valueSize = intBetween("attention.value_length", 1, width, headSize);
    if (valueSize != headSize) {
      throw metadata.error(
          prefix + "attention.value_length",
          "the key length " + headSize + " of this architecture");
    }
    if ((long) heads * headSize > MAX_WIDTH) {
      throw metadata.error(prefix + "attention.key_length", "heads of " + MAX_WIDTH + " in all");
    }
    Attention attention = new Attention(heads, kvHeads, headSize);
    UnsupportedKeys.check(file, architecture(), attention);
    return attention;
  }

  public Experts experts() {
    int count = intBetween("expert_count", 0, MAX_EXPERTS, 0);
    if (count == 0) {
      if (metadata.has(prefix.concat("expert_used_count"))) {
        sameInAllLayers("expert_used_count", 0, 0);
      }
      return Experts.NONE;
    }
    return new Experts(count, sameInAllLayers("expert_used_count", 1, count));
  }

  public RopeScaling ropeScaling() {
    String key = prefix + "rope.scaling.type";
    String name = metadata.optString(key).orElse("linear");
    for (RopeScaling scaling : RopeScaling.values()) {
      if (scaling.name().toLowerCase(Locale.ROOT).equals(name)) {
        return scaling;
      }
    }
    throw metadata.error(key, "none, linear, yarn or longrope");
  }

  /**
   * RoPE parameters. Heads are rotated whole: a partial rotation is rejected, as in the reference
   * implementation.
   */
  public RopeParameters rope(RopeParameters.Type type, Attention attention) {
    int headSize = attention.headSize();
    int dimensions = intBetween("rope.dimension_count", 0, MAX_WIDTH, headSize);
    if (dimensions != headSize || headSize % 2 != 0) {
      throw metadata.error(
          metadata.has(prefix + "rope.dimension_count")
              ? prefix + "rope.dimension_count"
              : prefix + "attention.head_count",
          "an even head size, rotated whole: " + headSize);
    }
    RopeScaling scaling = ropeScaling();
    float factor = ropeFactor();
    boolean isYarn = scaling == RopeScaling.YARN;
    float attentionFactor = positiveFloat("rope.scaling.attn_factor", 1f);
    if (isYarn) {
      attentionFactor *= yarnAttentionFactor(factor);
    }
    int originalContext = intBetween("rope.scaling.original_context_length", 0, MAX_CONTEXT, 0);
    return new RopeParameters(
        dimensions,
        type,
        originalContext == 0 ? contextLength() : originalContext,
        positiveFloat("rope.freq_base", DEFAULT_ROPE_BASE),
        scaling == RopeScaling.NONE ? 1f : 1f / factor,
        isYarn ? 1f : 0f,
        attentionFactor,
        YARN_BETA_FAST,
        YARN_BETA_SLOW);
  }

  /** The factor of linear scaling; 0 means none. Also reads an older key. */
  private float ropeFactor() {
    String key =
        metadata.has(prefix + "rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear";
    float factor = metadata.optF32(prefix + key).orElse(0f);
    if (!(factor >= 0 && factor < Float.POSITIVE_INFINITY)) {
      throw metadata.error(prefix + key, "a positive number, or 0 for none");
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

  GgufFile file() {
    return file;
  }
}
