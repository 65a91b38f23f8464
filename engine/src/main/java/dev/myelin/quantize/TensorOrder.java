package dev.myelin.quantize;

import dev.myelin.gguf.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The order in which llama.cpp walks through a model: layer by layer, in each by name. */
final class TensorOrder {
  private static final Pattern LAYER = Pattern.compile("blk\\.(\\d{1,6})(?!\\d)");

  private record Place(int layer, byte[] name, TensorInfo tensor) {
    static Place of(TensorInfo tensor) {
      return new Place(
          TensorOrder.layer(tensor.name()), tensor.name().getBytes(StandardCharsets.UTF_8), tensor);
    }
  }

  private static final Comparator<Place> BY_LAYER =
      Comparator.comparingInt(Place::layer).thenComparing(Place::name, Arrays::compareUnsigned);

  private TensorOrder() {}

  /** Tensors outside of layers first. */
  static List<TensorInfo> of(List<TensorInfo> tensors) {
    return tensors.stream().map(Place::of).sorted(BY_LAYER).map(Place::tensor).toList();
  }

  /** The layer a tensor belongs to, -1 for none. */
  static int layer(String tensor) {
    Matcher matcher = LAYER.matcher(tensor);
    return matcher.lookingAt() ? Integer.parseInt(matcher.group(1)) : -1;
  }
}
