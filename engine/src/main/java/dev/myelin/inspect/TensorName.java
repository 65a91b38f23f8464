package dev.myelin.inspect;

import java.util.OptionalInt;

/**
 * A parsed tensor name: {@code blk.12.attn_q.weight} is {@code attn_q.weight} of layer 12.
 *
 * @param local the name within its layer; the full name of a tensor outside the layers
 */
record TensorName(OptionalInt layer, String local) {
  private static final String LAYER_PREFIX = "blk.";
  private static final int MAX_DIGITS = 6;

  static TensorName of(String name) {
    int start = name.startsWith(LAYER_PREFIX) ? 0 : name.indexOf("." + LAYER_PREFIX) + 1;
    if (start == 0 && !name.startsWith(LAYER_PREFIX)) {
      return new TensorName(OptionalInt.empty(), name);
    }
    int firstDigit = start + LAYER_PREFIX.length();
    int end = firstDigit;
    while (end < name.length() && name.charAt(end) >= '0' && name.charAt(end) <= '9') {
      end++;
    }
    boolean isNumber = end > firstDigit && end - firstDigit <= MAX_DIGITS;
    if (!isNumber || end == name.length() || name.charAt(end) != '.') {
      return new TensorName(OptionalInt.empty(), name);
    }
    int layer = Integer.parseInt(name.substring(firstDigit, end));
    return new TensorName(OptionalInt.of(layer), name.substring(end + 1));
  }
}
