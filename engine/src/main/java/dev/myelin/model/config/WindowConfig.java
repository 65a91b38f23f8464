package dev.myelin.model.config;

import dev.myelin.gguf.GgufArray;
import dev.myelin.state.Window;

/** Reads which layers have a sliding window. Confined to one thread at a time. */
public final class WindowConfig {
  private static final String SIZE = "attention.sliding_window";
  private static final String PATTERN = "attention.sliding_window_pattern";

  private final Config config;

  WindowConfig(Config config) {
    this.config = config;
  }

  /** The size of the window, 0 if the file has none. */
  public int size() {
    return config.intBetween(SIZE, 0, Config.MAX_CONTEXT, 0);
  }

  /**
   * The layers with a window. The file says which: every n-th layer has none, or a flag for each
   * layer.
   *
   * @param every the n if the file does not say; 0 for no layer without a window, 1 for no windows
   * @param isFirst whether the first of n layers has none, not the last
   */
  public boolean[] layers(int every, boolean isFirst) {
    int count = config.layers();
    if (config.isArray(PATTERN)) {
      return flags(config.array(PATTERN, count));
    }
    int n = config.intBetween(PATTERN, 0, Config.MAX_LAYERS, every);
    boolean[] layers = new boolean[count];
    for (int i = 0; i < count; i++) {
      layers[i] = n == 0 || i % n != (isFirst ? 0 : n - 1);
    }
    return layers;
  }

  private boolean[] flags(GgufArray values) {
    boolean[] layers = new boolean[config.layers()];
    for (int i = 0; i < layers.length; i++) {
      Object value = values.toJava(i);
      layers[i] = value instanceof Boolean flag ? flag : ((Number) value).longValue() != 0;
    }
    return layers;
  }

  /** A window of the key's size around a token, which the file must have, or none. */
  public Window symmetric(boolean isWindowed) {
    int size = config.intBetween(SIZE, 1, Config.MAX_CONTEXT);
    return isWindowed ? Window.symmetric(size) : Window.NONE;
  }

  /** A sliding window of {@link #size}, or none. */
  public Window sliding(boolean isWindowed) {
    int size = size();
    return isWindowed && size > 0 ? Window.sliding(size) : Window.NONE;
  }
}
