package dev.myelin.inspect;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValue;
import dev.myelin.gguf.Metadata;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Metadata read with indulgence: a value of another type, or out of all proportion, counts as
 * missing, since whoever inspects a file wants to see the rest of it.
 */
final class Keys {
  /** Larger than any dimension in use, and small enough for products of three to fit a long. */
  private static final int LARGEST = 1 << 20;

  private final Metadata metadata;
  private final String prefix;

  /** Reads keys {@code ARCHITECTURE.*}, and others by their whole name. */
  Keys(GgufFile file) {
    metadata = file.metadata();
    prefix = text("general.architecture").orElse("") + ".";
  }

  Optional<String> text(String key) {
    return metadata.has(key) && metadata.value(key) instanceof GgufValue.StringValue
        ? Optional.of(metadata.string(key))
        : Optional.empty();
  }

  Optional<GgufArray> array(String key) {
    return metadata.has(key) && metadata.value(key) instanceof GgufArray array
        ? Optional.of(array)
        : Optional.empty();
  }

  boolean flag(String key, boolean otherwise) {
    return value(key) instanceof Boolean flag ? flag : otherwise;
  }

  /** A number by its whole name that fits an int and is not negative. */
  OptionalInt whole(String key) {
    return metadata.has(key)
        ? dimension(metadata.value(key).toJava(), Integer.MAX_VALUE)
        : OptionalInt.empty();
  }

  boolean has(String key) {
    return metadata.has(prefix + key);
  }

  /** A dimension of the architecture. */
  OptionalInt dimension(String key) {
    return dimension(value(key), LARGEST);
  }

  /** Any other number that fits an int and is not negative. */
  OptionalInt number(String key) {
    return dimension(value(key), Integer.MAX_VALUE);
  }

  /** A dimension that may differ from layer to layer; then the file holds an array. */
  OptionalInt dimension(String key, int layer) {
    if (value(key) instanceof GgufArray array) {
      return layer < array.size() ? dimension(array.toJava(layer), LARGEST) : OptionalInt.empty();
    }
    return dimension(key);
  }

  /** The largest of all layers. */
  OptionalInt largest(String key) {
    if (value(key) instanceof GgufArray array) {
      OptionalInt largest = OptionalInt.empty();
      for (int i = 0; i < Math.min(array.size(), LARGEST); i++) {
        OptionalInt one = dimension(key, i);
        if (one.isPresent() && one.getAsInt() >= largest.orElse(0)) {
          largest = one;
        }
      }
      return largest;
    }
    return dimension(key);
  }

  private Object value(String key) {
    return metadata.has(prefix + key) ? metadata.value(prefix + key).toJava() : null;
  }

  private static OptionalInt dimension(Object value, int largest) {
    return value instanceof Long number && number >= 0 && number <= largest
        ? OptionalInt.of(number.intValue())
        : OptionalInt.empty();
  }
}
