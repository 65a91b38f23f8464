package dev.myelin.state;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.gguf.GgmlType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Element types of the keys or values in a KV cache. Immutable and thread-safe. */
public enum CacheType {
  F32(GgmlType.F32),
  F16(GgmlType.F16),
  BF16(GgmlType.BF16),
  Q8_0(GgmlType.Q8_0),
  Q5_1(GgmlType.Q5_1),
  Q5_0(GgmlType.Q5_0),
  Q4_1(GgmlType.Q4_1),
  Q4_0(GgmlType.Q4_0),
  IQ4_NL(GgmlType.IQ4_NL);

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
