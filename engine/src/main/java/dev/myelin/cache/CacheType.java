package dev.myelin.cache;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The types that a cache can keep keys and values in. */
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
   * The type of that name, in any case.
   *
   * @throws InvalidRequestException naming those known
   */
  public static CacheType of(String name) {
    for (CacheType t : values()) {
      if (t.name().equalsIgnoreCase(name)) {
        return t;
      }
    }
    String known =
        Arrays.stream(values())
            .map(t -> t.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", "));
    throw new InvalidRequestException("cache type " + name + ": known are " + known);
  }
}
