package dev.myelin.cli.run;

import dev.myelin.cli.command.ClosestMatch;
import dev.myelin.cli.io.JsonInput;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.Printable;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The fields of a JSON object, each of one type. A field that is null counts as missing. Confined
 * to one thread at a time.
 */
final class RequestFields {
  /** What messages show of a longer name. */
  private static final int MAX_NAME = 40;

  private final Map<String, Object> left;

  RequestFields(Map<String, Object> fields) {
    left = new HashMap<>(fields);
    left.values().removeIf(value -> value == null);
  }

  /** The field as it is, null if missing. */
  Object any(String name) {
    return left.remove(name);
  }

  String text(String name) {
    Object value = left.remove(name);
    if (value != null && !(value instanceof String)) {
      throw unexpected(name, value, "a string");
    }
    return (String) value;
  }

  /** The number, or the default if it is missing. */
  long integer(String name, long defaultValue, long min, long max) {
    return switch (left.remove(name)) {
      case null -> defaultValue;
      case Integer i when i >= min && i <= max -> i;
      case Long l when l >= min && l <= max -> l;
      case Integer i -> throw unexpected(name, i, min + " to " + max);
      case Long l -> throw unexpected(name, l, min + " to " + max);
      case BigInteger b -> throw unexpected(name, b, min + " to " + max);
      case Object other -> throw unexpected(name, other, "an integer");
    };
  }

  float number(String name, float defaultValue) {
    Object value = left.remove(name);
    if (value != null && !(value instanceof Number)) {
      throw unexpected(name, value, "a number");
    }
    return value == null ? defaultValue : ((Number) value).floatValue();
  }

  boolean flag(String name, boolean defaultValue) {
    Object value = left.remove(name);
    if (value != null && !(value instanceof Boolean)) {
      throw unexpected(name, value, "true or false");
    }
    return value == null ? defaultValue : (Boolean) value;
  }

  /** A string, or an array of strings; null if missing. */
  List<String> texts(String name) {
    Object value = left.remove(name);
    if (value == null) {
      return null;
    }
    List<String> texts = new ArrayList<>();
    for (Object element : value instanceof List<?> list ? list : List.of(value)) {
      if (!(element instanceof String text)) {
        throw unexpected(name, element, "a string, or an array of strings");
      }
      texts.add(text);
    }
    return texts;
  }

  /** Drops fields that change nothing here. */
  void ignore(List<String> names) {
    left.keySet().removeAll(names);
  }

  /**
   * Rejects the fields that were not read.
   *
   * @param known all names, for a suggestion
   * @throws InvalidRequestException naming one of them
   */
  void requireEmpty(List<String> known) {
    if (!left.isEmpty()) {
      String first = left.keySet().stream().sorted().findFirst().orElseThrow();
      String name = first.substring(0, Math.min(first.length(), MAX_NAME));
      String hint = ClosestMatch.find(name, known).map(n -> ": did you mean " + n + "?").orElse("");
      throw new InvalidRequestException(
          Printable.of("field \"" + name + "\": is not supported" + hint));
    }
  }

  static InvalidRequestException unexpected(String name, Object value, String expected) {
    return new InvalidRequestException(
        name + " = " + JsonInput.describe(value) + ": expected " + expected);
  }
}
