package dev.myelin.model.config;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.Metadata;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads the keys of encoders and of encoder-decoder models. Confined to one thread at a time. */
public final class EncoderConfig {
  private static final String TOKEN_TYPES = "tokenizer.ggml.token_type_count";
  private static final String LABELS = "classifier.output_labels";
  private static final int MAX_TOKEN_TYPES = 1 << 16;

  // fewer have no bucket of their own for a distance, more would exceed the longest distance
  private static final int MIN_BUCKETS = 4;
  private static final int MAX_BUCKETS = 254;

  private final Config config;
  private final Metadata metadata;

  EncoderConfig(Config config, Metadata metadata) {
    this.config = config;
    this.metadata = metadata;
  }

  /** The number of kinds of segments (sentence A, sentence B ...), which the file must have. */
  public int tokenTypes() {
    int count = metadata.u32(TOKEN_TYPES);
    if (count < 1 || count > MAX_TOKEN_TYPES) {
      throw metadata.error(TOKEN_TYPES, "1 to " + MAX_TOKEN_TYPES);
    }
    return count;
  }

  /** The number of scores of a classification head: its labels, or one if they have no names. */
  public int classes() {
    Optional<GgufArray> labels =
        config.has(LABELS)
            ? metadata.optArray(config.architecture() + "." + LABELS)
            : Optional.empty();
    long count = labels.map(GgufArray::size).orElse(0);
    if (count > Config.MAX_WIDTH) {
      throw config.error(LABELS, "at most " + Config.MAX_WIDTH + " labels");
    }
    return (int) Math.max(1, count);
  }

  /** The number of learned biases by distance (T5). */
  public int relativeBuckets() {
    return config.intBetween("attention.relative_buckets_count", MIN_BUCKETS, MAX_BUCKETS);
  }

  /** The layers of the decoder: as many as those of the encoder unless the file says otherwise. */
  public int decoderLayers() {
    return config.intBetween("decoder_block_count", 1, Config.MAX_LAYERS, config.layers());
  }

  /** The token that begins the decoder's text. */
  public OptionalInt decoderStart() {
    String key = "decoder_start_token_id";
    return config.has(key)
        ? OptionalInt.of(config.intBetween(key, 0, config.vocabulary() - 1))
        : OptionalInt.empty();
  }
}
