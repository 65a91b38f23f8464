package dev.myelin.cache;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Element types of keys and values in a KV cache. Immutable and thread-safe. */
public enum CacheType {
  F32(GgmlType.F32),
  F16(GgmlType.F16),
  Q8_0(GgmlType.Q8_0);

  private final GgmlType type;

  CacheType(GgmlType type) {
    this.type = type;
  }

  public GgmlType type() {
    return type;
  }

  /**
   * Finds a type by name, ignoring case.
   *
   * @throws InvalidRequestException listing the known types
   */
  public static CacheType of(String name) {
    for (CacheType t : values()) {
      if (t.name().equalsIgnoreCase(name)) {
        return t;
      }
    }
    String names =
        Arrays.stream(values())
            .map(t -> t.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    throw new InvalidRequestException("cache type " + name + ": known are " + names);
  }
}
