package dev.myelin.model.config;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValueType;
import dev.myelin.gguf.Metadata;
import dev.myelin.pass.AttentionSpec;
import dev.myelin.state.KvState.Scope;
import dev.myelin.tokenizer.Tokenizer;
import java.util.HashSet;
import java.util.List;
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
  public static final int MAX_LAYERS = 512;
  public static final int MAX_WIDTH = 1 << 20;
  static final int MAX_CONTEXT = 1 << 28;
  private static final int MAX_EXPERTS = 1024;
  private static final String HEADS = "attention.head_count";
  private static final String KV_HEADS = "attention.head_count_kv";

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

  /** The layers without the blocks behind them that predict further tokens. */
  public int decoderLayers() {
    return layers() - intBetween("nextn_predict_layers", 0, layers() - 1, 0);
  }

  public int width() {
    return intBetween("embedding_length", 1, MAX_WIDTH);
  }

  public int contextLength() {
    return intBetween("context_length", 1, MAX_CONTEXT);
  }

  /**
   * The shape of a layer; a value is one number for all layers, or an array of one per layer. Sizes
   * of heads that the file does not give follow from layer 0, as in the reference implementation.
   */
  public LayerConfig layer(int index) {
    return layer(index, 0);
  }

  private LayerConfig layer(int index, int minHeads) {
    int width = width();
    int heads = ofLayer(HEADS, index, minHeads, width);
    int kvHeads = has(KV_HEADS) ? ofLayer(KV_HEADS, index, minHeads, Math.max(1, heads)) : heads;
    if (kvHeads > 0 && heads % kvHeads != 0) {
      throw error(KV_HEADS, "a divisor of " + heads + " heads in layer " + index);
    }
    int first = index == 0 ? heads : ofLayer(HEADS, 0, 0, width);
    if (heads > 0 && !has("attention.key_length") && (first == 0 || width % first != 0)) {
      throw error(HEADS, "a divisor of embedding_length " + width);
    }
    int defaultSize = first == 0 ? 0 : width / first;
    int keySize = intBetween("attention.key_length", 1, width, defaultSize);
    int valueSize = intBetween("attention.value_length", 1, width, defaultSize);
    if ((long) heads * Math.max(keySize, valueSize) > MAX_WIDTH) {
      throw error("attention.key_length", "heads of " + MAX_WIDTH + " in all");
    }
    return new LayerConfig(heads, kvHeads, keySize, valueSize, feedForward(index));
  }

  /** The shape of a layer with attention whose keys are as wide as its values. */
  public LayerConfig attentionLayer(int index) {
    LayerConfig layer = layer(index, 1);
    if (layer.valueSize() != layer.keySize()) {
      throw error(
          "attention.value_length", "the key length " + layer.keySize() + " of this architecture");
    }
    return layer;
  }

  private int feedForward(int index) {
    return has("feed_forward_length") ? ofLayer("feed_forward_length", index, 0, MAX_WIDTH) : 0;
  }

  /** The width of the feed-forward network of a layer, which the file must have. */
  public int requireFeedForward(int index) {
    return ofLayer("feed_forward_length", index, 1, MAX_WIDTH);
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
    LayerConfig first = has(HEADS) ? layer(0) : null;
    boolean hasHeads = first != null && first.keySize() > 0;
    UnsupportedKeys.check(file, architecture(), read, hasHeads ? first.attentionScale() : 1f);
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

  /** An integer within bounds: one for all layers, or an array of one for each. */
  public int ofLayer(String key, int layer, int min, int max) {
    read.add(key);
    int value = LayerValues.ofLayer(file, prefix.concat(key), layer, layers());
    if (value < min || value > max) {
      throw error(key, "expected " + min + " to " + max);
    }
    return value;
  }

  public boolean has(String key) {
    return metadata.has(prefix.concat(key));
  }

  /** An exception that names a key, its value and what was expected. */
  public ModelFileException error(String key, String expected) {
    return metadata.error(prefix.concat(key), expected);
  }

  /** The experts of a layer. */
  public ExpertConfig experts(int layer) {
    int count = intBetween("expert_count", 0, MAX_EXPERTS, 0);
    if (count == 0) {
      if (has("expert_used_count")) {
        ofLayer("expert_used_count", layer, 0, 0);
      }
      return ExpertConfig.NONE;
    }
    return new ExpertConfig(count, ofLayer("expert_used_count", layer, 1, count));
  }

  /** The keys of a layer's mixture of experts. */
  public RouterConfig router(int layer) {
    return new RouterConfig(this, layer);
  }

  /** The keys {@code rope.*}. */
  public RopeConfig rope() {
    return new RopeConfig(this);
  }

  /** Which layers are recurrent. */
  public RecurrentConfig recurrent() {
    return new RecurrentConfig(this);
  }

  /** The keys {@code ssm.*}. */
  public SsmConfig ssm() {
    return SsmConfig.of(this);
  }

  /**
   * How tokens attend: not causally if the file says so. An architecture that calls this keeps keys
   * and values by {@link #scope}.
   *
   * @param scale factor of QKᵀ
   */
  public AttentionSpec attention(float scale) {
    return isCausal() ? AttentionSpec.causal(scale) : AttentionSpec.bidirectional(scale);
  }

  /** How long keys and values are kept: without causality every pass computes all of them. */
  public Scope scope() {
    return isCausal() ? Scope.SEQUENCE : Scope.PASS;
  }

  private boolean isCausal() {
    return bool("attention.causal", true);
  }

  /** Which layers have a sliding window. */
  public WindowConfig windows() {
    return new WindowConfig(this);
  }

  /** The keys of encoders. */
  public EncoderConfig encoder() {
    return new EncoderConfig(this, metadata);
  }

  /** A number, or {@code defaultValue} if the key is missing. */
  public float float32(String key, float defaultValue) {
    read.add(key);
    return metadata.f32(prefix.concat(key), defaultValue);
  }

  /** A finite number of at least {@code min}, or {@code defaultValue} if the key is missing. */
  public float floatFrom(String key, float min, float defaultValue) {
    float value = float32(key, defaultValue);
    if (!(value >= min && value < Float.POSITIVE_INFINITY)) {
      throw error(key, "a number of at least " + min);
    }
    return value;
  }

  /** A finite number of at least {@code min}: one for all layers, or an array of one for each. */
  public float floatOfLayer(String key, int layer, float min, float defaultValue) {
    if (!isArray(key)) {
      return floatFrom(key, min, defaultValue);
    }
    Object element = array(key, layers()).toJava(layer);
    float value = element instanceof Number number ? number.floatValue() : Float.NaN;
    if (!(value >= min && value < Float.POSITIVE_INFINITY)) {
      throw error(key, "numbers of at least " + min);
    }
    return value;
  }

  public boolean bool(String key, boolean defaultValue) {
    read.add(key);
    return metadata.bool(prefix.concat(key), defaultValue);
  }

  public String string(String key, String defaultValue) {
    read.add(key);
    return metadata.optString(prefix.concat(key)).orElse(defaultValue);
  }

  boolean isArray(String key) {
    return has(key) && metadata.value(prefix.concat(key)) instanceof GgufArray;
  }

  /** An array of numbers or flags with one element for each of {@code size}. */
  public GgufArray array(String key, int size) {
    read.add(key);
    GgufArray values = metadata.array(prefix.concat(key));
    if (values.size() != size || values.elementType() == GgufValueType.STRING) {
      throw error(key, size + " numbers");
    }
    return values;
  }
}
