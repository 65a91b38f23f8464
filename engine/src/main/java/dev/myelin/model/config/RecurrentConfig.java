package dev.myelin.model.config;

import dev.myelin.gguf.GgufArray;

/** Reads which layers of a hybrid model are recurrent. Confined to one thread at a time. */
public final class RecurrentConfig {
  private static final String FLAGS = "attention.recurrent_layers";

  private final Config config;

  RecurrentConfig(Config config) {
    this.config = config;
  }

  /**
   * Whether each block is recurrent: {@code attention.recurrent_layers}, or all layers but every
   * n-th, n being {@code full_attention_interval}.
   *
   * @param every the n if the file does not say
   */
  public boolean[] layers(int every) {
    boolean[] layers = new boolean[config.layers()];
    int interval = config.intBetween("full_attention_interval", 1, Config.MAX_LAYERS, every);
    if (!config.has(FLAGS)) {
      for (int i = 0; i < config.decoderLayers(); i++) {
        layers[i] = (i + 1) % interval != 0;
      }
      return layers;
    }
    GgufArray flags = config.array(FLAGS, layers.length);
    for (int i = 0; i < layers.length; i++) {
      Object value = flags.toJava(i);
      layers[i] = value instanceof Boolean flag ? flag : ((Number) value).longValue() != 0;
    }
    return layers;
  }
}
