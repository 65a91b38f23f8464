package dev.myelin.quantize;

import dev.myelin.gguf.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** llama.cpp's tensor order: by layer, then by name. */
final class TensorOrder {
  private static final Pattern LAYER = Pattern.compile("blk\\.(\\d{1,6})(?!\\d)");

  private record SortKey(int layer, byte[] name, TensorInfo tensor) {
    static SortKey of(TensorInfo tensor) {
      return new SortKey(
          TensorOrder.layer(tensor.name()), tensor.name().getBytes(StandardCharsets.UTF_8), tensor);
    }
  }

  private static final Comparator<SortKey> BY_LAYER =
      Comparator.comparingInt(SortKey::layer).thenComparing(SortKey::name, Arrays::compareUnsigned);

  private TensorOrder() {}

  /** Sorts tensors; those outside the layers come first. */
  static List<TensorInfo> of(List<TensorInfo> tensors) {
    return tensors.stream().map(SortKey::of).sorted(BY_LAYER).map(SortKey::tensor).toList();
  }

  /** The layer of a tensor, -1 if it is outside the layers. */
  static int layer(String tensor) {
    Matcher matcher = LAYER.matcher(tensor);
    return matcher.lookingAt() ? Integer.parseInt(matcher.group(1)) : -1;
  }
}
