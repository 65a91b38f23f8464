package dev.myelin.quantize;

import dev.myelin.gguf.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The order in which llama.cpp walks through a model: layer by layer, in each by name. */
final class TensorOrder {
  private static final Pattern LAYER = Pattern.compile("blk\\.(\\d{1,6})(?!\\d)");

  /** Tensors outside of layers first. */
  static final Comparator<TensorInfo> BY_LAYER =
      Comparator.comparingInt((TensorInfo t) -> layer(t.name()))
          .thenComparing(t -> t.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private TensorOrder() {}

  /** The layer a tensor belongs to, -1 for none. */
  static int layer(String tensor) {
    Matcher matcher = LAYER.matcher(tensor);
    return matcher.lookingAt() ? Integer.parseInt(matcher.group(1)) : -1;
  }
}
