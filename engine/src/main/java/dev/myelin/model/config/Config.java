package dev.myelin.model.config;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.Metadata;
import dev.myelin.graph.RopeParameters;
import dev.myelin.tokenizer.Tokenizer;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The hyperparameters of a model, read from a file's metadata: keys {@code ARCHITECTURE.*} of the
 * GGUF specification. Every value is checked against bounds when it is read. An invalid value is a
 * {@link dev.myelin.error.ModelFileException} that names the key.
 *
 * <p>A key that changes the computation and that the architecture does not read is an {@link
 * dev.myelin.error.UnsupportedModelException}: {@link #requireSupported}.
 *
 * <p>Confined to one thread at a time.
 */
public final class Config {
  // far beyond any published model; the product of any two fits into 63 bits
  static final int MAX_LAYERS = 512;
  private static final int MAX_WIDTH = 1 << 20;
  private static final int MAX_CONTEXT = 1 << 28;
  private static final int MAX_EXPERTS = 1024;
  private static final float DEFAULT_ROPE_BASE = 10_000f;
  // Peng et al. 2023, section 3.2; constants in the reference implementation
  private static final float YARN_BETA_FAST = 32f;
  private static final float YARN_BETA_SLOW = 1f;

  private static final String[] LAYER_KEYS = {
    "attention.head_count", "attention.head_count_kv", "feed_forward_length", "expert_used_count"
  };

  private final GgufFile file;
  private final Metadata metadata;
  private final String prefix;
  private final Set<String> read = new HashSet<>();

  public Config(GgufFile file, String architecture) {
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

  /** The shape of a layer; a value is one number for all layers, or an array of one per layer. */
  public LayerConfig layer(int index) {
    int width = width();
    int heads = ofLayer("attention.head_count", index, 1, width);
    int kvHeads =
        has("attention.head_count_kv")
            ? ofLayer("attention.head_count_kv", index, 1, heads)
            : heads;
    if (heads % kvHeads != 0) {
      throw error("attention.head_count_kv", "a divisor of " + heads + " heads");
    }
    if (!has("attention.key_length") && width % heads != 0) {
      throw error("attention.head_count", "a divisor of embedding_length " + width);
    }
    int headSize = intBetween("attention.key_length", 1, width, width / heads);
    int valueSize = intBetween("attention.value_length", 1, width, headSize);
    if (valueSize != headSize) {
      throw error("attention.value_length", "the key length " + headSize + " of this architecture");
    }
    if ((long) heads * headSize > MAX_WIDTH) {
      throw error("attention.key_length", "heads of " + MAX_WIDTH + " in all");
    }
    return new LayerConfig(
        heads, kvHeads, headSize, ofLayer("feed_forward_length", index, 1, MAX_WIDTH));
  }

  /**
   * The shape of every layer, for architectures whose layers are equal.
   *
   * @throws dev.myelin.error.UnsupportedModelException naming the key and the first layer that
   *     differs
   */
  public LayerConfig sameLayers() {
    for (String key : LAYER_KEYS) {
      if (has(key)) {
        LayerValues.requireEqual(file, prefix.concat(key), layers());
      }
    }
    return layer(0);
  }

  /** The epsilon of RMS norms. */
  public float rmsEpsilon() {
    return positiveFloat("attention.layer_norm_rms_epsilon");
  }

  /** The epsilon of layer norms. */
  public float layerNormEpsilon() {
    return positiveFloat("attention.layer_norm_epsilon");
  }

  /**
   * Rejects a file that names another activation function than these.
   *
   * @throws dev.myelin.error.UnsupportedModelException naming the key
   */
  public void requireActivation(String... supported) {
    read.add("hidden_activation");
    String key = prefix.concat("hidden_activation");
    if (metadata.has(key) && !List.of(supported).contains(metadata.string(key))) {
      throw UnsupportedKeys.error(file, key, String.join(", ", supported));
    }
  }

  /**
   * Rejects keys that change the computation and that the architecture did not read.
   *
   * @throws dev.myelin.error.UnsupportedModelException naming the key
   */
  public void requireSupported() {
    UnsupportedKeys.check(file, architecture(), read, layer(0).attentionScale());
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
    read.add(key);
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
    read.add(key);
    int value = metadata.u32(prefix + key);
    if (value < min || value > max) {
      throw metadata.error(prefix + key, min + " to " + max);
    }
    return value;
  }

  private int ofLayer(String key, int layer, int min, int max) {
    read.add(key);
    int value = LayerValues.ofLayer(file, prefix.concat(key), layer, layers());
    if (value < min || value > max) {
      throw error(key, "expected " + min + " to " + max);
    }
    return value;
  }

  private boolean has(String key) {
    return metadata.has(prefix.concat(key));
  }

  private ModelFileException error(String key, String expected) {
    return metadata.error(prefix.concat(key), expected);
  }

  public ExpertConfig experts() {
    int count = intBetween("expert_count", 0, MAX_EXPERTS, 0);
    if (count == 0) {
      if (has("expert_used_count")) {
        ofLayer("expert_used_count", 0, 0, 0);
      }
      return ExpertConfig.NONE;
    }
    return new ExpertConfig(count, ofLayer("expert_used_count", 0, 1, count));
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
  public RopeParameters rope(RopeParameters.Type type) {
    int headSize = layer(0).headSize();
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
}
