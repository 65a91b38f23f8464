package dev.myelin.inspect;

import java.util.OptionalInt;

/**
 * A tensor's name, taken apart: {@code blk.12.attn_q.weight} is {@code attn_q.weight} of layer 12.
 *
 * @param local the name within its layer; of a tensor outside the layers, its whole name
 */
record TensorName(OptionalInt layer, String local) {
  private static final String LAYER = "blk.";
  private static final int MOST_DIGITS = 6;

  static TensorName of(String name) {
    int at = name.startsWith(LAYER) ? 0 : name.indexOf("." + LAYER) + 1;
    if (at == 0 && !name.startsWith(LAYER)) {
      return new TensorName(OptionalInt.empty(), name);
    }
    int from = at + LAYER.length();
    int to = from;
    while (to < name.length() && name.charAt(to) >= '0' && name.charAt(to) <= '9') {
      to++;
    }
    boolean numbered = to > from && to - from <= MOST_DIGITS;
    if (!numbered || to == name.length() || name.charAt(to) != '.') {
      return new TensorName(OptionalInt.empty(), name);
    }
    int layer = Integer.parseInt(name.substring(from, to));
    return new TensorName(OptionalInt.of(layer), name.substring(to + 1));
  }
}
