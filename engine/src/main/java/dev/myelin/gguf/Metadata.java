package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The keys and values of a checkpoint, in the order of the file. A getter throws {@link
 * ModelFileException} with the file, the key, the value and the expected type if the key is missing
 * or the value has another type. An {@code opt} getter, or one with a default, throws only for
 * another type. Immutable and thread-safe, while its file is open.
 */
public final class Metadata {
  private final ByteSource source;
  private final Map<String, GgufValue> values;

  Metadata(ByteSource source, Map<String, GgufValue> values) {
    this.source = source;
    this.values = Collections.unmodifiableMap(values);
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  public Set<String> keys() {
    return values.keySet();
  }

  public GgufValue value(String key) {
    return require(key, "a value");
  }

  public String string(String key) {
    return string(key, require(key, "a string"));
  }

  public Optional<String> optString(String key) {
    return has(key) ? Optional.of(string(key)) : Optional.empty();
  }

  /** An integer of any integer type, from 0 to 2^31-1. */
  public int u32(String key) {
    String expected = "an integer from 0 to " + Integer.MAX_VALUE;
    if (require(key, expected) instanceof GgufValue.Scalar scalar
        && scalar.isLong()
        && scalar.bits() >= 0
        && scalar.bits() <= Integer.MAX_VALUE) {
      return (int) scalar.bits();
    }
    throw error(key, "expected " + expected);
  }

  public int u32(String key, int defaultValue) {
    return has(key) ? u32(key) : defaultValue;
  }

  public OptionalInt optU32(String key) {
    return has(key) ? OptionalInt.of(u32(key)) : OptionalInt.empty();
  }

  /** An integer of any integer type that fits a long. */
  public long i64(String key) {
    if (require(key, "an integer") instanceof GgufValue.Scalar scalar && scalar.isLong()) {
      return scalar.bits();
    }
    throw error(key, "expected an integer of 64 bits");
  }

  public long i64(String key, long defaultValue) {
    return has(key) ? i64(key) : defaultValue;
  }

  /** A float. An f64 is rounded. It may be infinite or NaN. */
  public float f32(String key) {
    return (float) f64(key);
  }

  public double f64(String key) {
    if (require(key, "a float") instanceof GgufValue.Scalar scalar && scalar.type().isFloat()) {
      return ((Number) scalar.toJava()).doubleValue();
    }
    throw error(key, "expected a float");
  }

  public float f32(String key, float defaultValue) {
    return has(key) ? f32(key) : defaultValue;
  }

  public Optional<Float> optF32(String key) {
    return has(key) ? Optional.of(f32(key)) : Optional.empty();
  }

  public boolean bool(String key, boolean defaultValue) {
    if (!has(key)) {
      return defaultValue;
    }
    if (value(key) instanceof GgufValue.Scalar scalar && scalar.type() == GgufValueType.BOOL) {
      return scalar.bits() != 0;
    }
    throw error(key, "expected true or false");
  }

  public GgufArray array(String key) {
    if (require(key, "an array") instanceof GgufArray array) {
      return array;
    }
    throw error(key, "expected an array");
  }

  public Optional<GgufArray> optArray(String key) {
    return has(key) ? Optional.of(array(key)) : Optional.empty();
  }

  /**
   * The exception for an invalid or missing value.
   *
   * @param expected the expectation: "expected 1 to 512 layers"
   */
  public ModelFileException error(String key, String expected) {
    source.lifetime().requireOpen();
    GgufValue value = values.get(key);
    String problem = value == null ? " is missing" : " = " + value.describe();
    return source.error("key " + MessageText.abbreviate(key) + problem, expected);
  }

  private GgufValue require(String key, String expected) {
    source.lifetime().requireOpen();
    GgufValue value = values.get(key);
    if (value == null) {
      throw error(key, "expected " + expected);
    }
    return value;
  }

  private String string(String key, GgufValue value) {
    if (value instanceof GgufValue.StringValue text) {
      return text.string();
    }
    throw error(key, "expected a string");
  }
}
