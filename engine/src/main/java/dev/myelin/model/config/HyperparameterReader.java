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
 * of the GGUF specification. Every value is bounded and compared with the others; what does not fit
 * is a {@link dev.myelin.error.ModelFileException} that names the key.
 */
public final class HyperparameterReader {
  // far beyond any published model; they keep products of two within 63 bits
  static final int MAX_LAYERS = 512;
  private static final int MAX_WIDTH = 1 << 20;
  private static final int MAX_CONTEXT = 1 << 28;
  private static final int MAX_EXPERTS = 1024;
  private static final float DEFAULT_ROPE_BASE = 10_000f;
  // Peng et al. 2023, section 3.2, as the reference implementation fixes them
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
    return between("block_count", 1, MAX_LAYERS);
  }

  public int width() {
    return between("embedding_length", 1, MAX_WIDTH);
  }

  public int contextLength() {
    return between("context_length", 1, MAX_CONTEXT);
  }

  public int feedForward() {
    return same("feed_forward_length", 1, MAX_WIDTH);
  }

  /**
   * The number of tokens. {@code vocab_size} counts where the file has no vocabulary; else it is a
   * label only, which published files often get wrong.
   */
  public int vocabulary() {
    return Tokenizer.vocabularySize(file);
  }

  /** A positive, finite constant that must be there. */
  public float positive(String key) {
    float value = metadata.f32(prefix + key);
    if (!(value > 0 && value < Float.POSITIVE_INFINITY)) {
      throw metadata.error(prefix + key, "a positive number");
    }
    return value;
  }

  /** A positive, finite constant, or {@code otherwise} where the file has none. */
  public float positive(String key, float otherwise) {
    return metadata.has(prefix + key) ? positive(key) : otherwise;
  }

  /** An integer of an optional key within bounds, or {@code otherwise}. */
  public int between(String key, int low, int high, int otherwise) {
    return metadata.has(prefix + key) ? between(key, low, high) : otherwise;
  }

  /** An integer within bounds. */
  public int between(String key, int low, int high) {
    int value = metadata.u32(prefix + key);
    if (value < low || value > high) {
      throw metadata.error(prefix + key, low + " to " + high);
    }
    return value;
  }

  /** An integer within bounds that is given once, or for each layer and the same in all. */
  private int same(String key, int low, int high) {
    String full = prefix.concat(key);
    int value = LayerValues.same(file, full, layers());
    if (value < low || value > high) {
      throw metadata.error(full, "expected " + low + " to " + high);
    }
    return value;
  }

  /** The heads, once no key of the file asks for what the architectures do not compute. */
  public Attention attention() {
    int width = width();
    int heads = same("attention.head_count", 1, width);
    String kv = "attention.head_count_kv";
    int kvHeads = metadata.has(prefix.concat(kv)) ? same(kv, 1, heads) : heads;
    if (heads % kvHeads != 0) {
      throw metadata.error(prefix + "attention.head_count_kv", "a divisor of " + heads + " heads");
    }
    boolean named = metadata.has(prefix + "attention.key_length");
    if (!named && width % heads != 0) {
      throw metadata.error(
          prefix + "attention.head_count", "a divisor of embedding_length " + width);
    }
    int headSize = between("attention.key_length", 1, width, width / heads);
    int valueSize = between("attention.value_length", 1, width, headSize);
    if (valueSize != headSize) {
      throw metadata.error(
          prefix + "attention.value_length",
          "the key length " + headSize + " of this architecture");
    }
    if ((long) heads * headSize > MAX_WIDTH) {
      throw metadata.error(prefix + "attention.key_length", "heads of " + MAX_WIDTH + " in all");
    }
    Attention attention = new Attention(heads, kvHeads, headSize);
    UnservedKeys.refuse(file, architecture(), attention);
    return attention;
  }

  public Experts experts() {
    int count = between("expert_count", 0, MAX_EXPERTS, 0);
    if (count == 0) {
      if (metadata.has(prefix.concat("expert_used_count"))) {
        same("expert_used_count", 0, 0);
      }
      return Experts.NONE;
    }
    return new Experts(count, same("expert_used_count", 1, count));
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
   * Rotary positions. Rotates whole heads: these architectures refuse a part, as the reference
   * implementation does.
   */
  public RopeParameters rope(RopeParameters.Type order, Attention attention) {
    int headSize = attention.headSize();
    int dimensions = between("rope.dimension_count", 0, MAX_WIDTH, headSize);
    if (dimensions != headSize || headSize % 2 != 0) {
      throw metadata.error(
          metadata.has(prefix + "rope.dimension_count")
              ? prefix + "rope.dimension_count"
              : prefix + "attention.head_count",
          "an even head size, rotated whole: " + headSize);
    }
    RopeScaling scaling = ropeScaling();
    float factor = ropeFactor();
    boolean yarn = scaling == RopeScaling.YARN;
    float attentionFactor = positive("rope.scaling.attn_factor", 1f);
    if (yarn) {
      attentionFactor *= yarnAttention(factor);
    }
    int original = between("rope.scaling.original_context_length", 0, MAX_CONTEXT, 0);
    return new RopeParameters(
        dimensions,
        order,
        original == 0 ? contextLength() : original,
        positive("rope.freq_base", DEFAULT_ROPE_BASE),
        scaling == RopeScaling.NONE ? 1f : 1f / factor,
        yarn ? 1f : 0f,
        attentionFactor,
        YARN_BETA_FAST,
        YARN_BETA_SLOW);
  }

  /** The factor of linear scaling; 0 stands for none, and an older key is read too. */
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
   * What is left of YaRN's attention temperature, 0.1 ln(s) + 1, once the same factor that the
   * kernel applies by itself is taken out.
   */
  private static float yarnAttention(float factor) {
    float kernel = (float) (1 + 0.1 * Math.log(factor));
    float wanted = factor <= 1 ? 1f : kernel;
    return wanted / kernel;
  }

  GgufFile file() {
    return file;
  }
}
