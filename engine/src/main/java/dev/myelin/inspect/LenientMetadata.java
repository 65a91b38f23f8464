package dev.myelin.inspect;

import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValue;
import dev.myelin.gguf.Metadata;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Lenient access to metadata: a value of the wrong type or out of range counts as missing, so that
 * the rest of a malformed file can be inspected.
 */
final class LenientMetadata {
  /** Larger than any dimension in use; the product of three dimensions fits in a long. */
  private static final int MAX_DIMENSION = 1 << 20;

  private final Metadata metadata;
  private final String prefix;

  /** Reads keys {@code ARCHITECTURE.*}, and other keys by their full name. */
  LenientMetadata(GgufFile file) {
    metadata = file.metadata();
    prefix = string("general.architecture").orElse("") + ".";
  }

  Optional<String> string(String key) {
    return metadata.has(key) && metadata.value(key) instanceof GgufValue.StringValue
        ? Optional.of(metadata.string(key))
        : Optional.empty();
  }

  Optional<GgufArray> array(String key) {
    return metadata.has(key) && metadata.value(key) instanceof GgufArray array
        ? Optional.of(array)
        : Optional.empty();
  }

  boolean flag(String key, boolean defaultValue) {
    return value(key) instanceof Boolean flag ? flag : defaultValue;
  }

  /** A number by its full key, if it is a non-negative int. */
  OptionalInt globalNumber(String key) {
    return metadata.has(key)
        ? dimension(metadata.value(key).toJava(), Integer.MAX_VALUE)
        : OptionalInt.empty();
  }

  boolean has(String key) {
    return metadata.has(prefix + key);
  }

  /** A dimension, by its key without the architecture. */
  OptionalInt dimension(String key) {
    return dimension(value(key), MAX_DIMENSION);
  }

  /** Any other number by its key without the architecture, if it is a non-negative int. */
  OptionalInt number(String key) {
    return dimension(value(key), Integer.MAX_VALUE);
  }

  /** A dimension of one layer: the file has one value, or an array with one value per layer. */
  OptionalInt dimension(String key, int layer) {
    if (value(key) instanceof GgufArray array) {
      return layer < array.size()
          ? dimension(array.toJava(layer), MAX_DIMENSION)
          : OptionalInt.empty();
    }
    return dimension(key);
  }

  /** The largest value of all layers. */
  OptionalInt maxDimension(String key) {
    if (value(key) instanceof GgufArray array) {
      OptionalInt max = OptionalInt.empty();
      for (int i = 0; i < Math.min(array.size(), MAX_DIMENSION); i++) {
        OptionalInt dimension = dimension(key, i);
        if (dimension.isPresent() && dimension.getAsInt() >= max.orElse(0)) {
          max = dimension;
        }
      }
      return max;
    }
    return dimension(key);
  }

  private @Nullable Object value(String key) {
    return metadata.has(prefix + key) ? metadata.value(prefix + key).toJava() : null;
  }

  private static OptionalInt dimension(@Nullable Object value, int max) {
    return value instanceof Long number && number >= 0 && number <= max
        ? OptionalInt.of(number.intValue())
        : OptionalInt.empty();
  }
}
