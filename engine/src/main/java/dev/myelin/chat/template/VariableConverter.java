package dev.myelin.chat.template;

import dev.myelin.error.InvalidRequestException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;

/** Converts Java values to template values. They are frozen, and their strings are untrusted. */
final class VariableConverter {
  private static final int MAX_DEPTH = 100;
  private static final int VALUE_SIZE = 16; // size of a value, in characters

  private final Budget budget = new Budget(1L << 40); // conversion is not limited
  private long size;
  private int depth;

  /** Size of all values so far: their characters, and a fixed size for each value. */
  long size() {
    return size;
  }

  /**
   * @param name name of the variable
   */
  Object convert(String name, Object value) {
    if (value instanceof String text && (name.equals("bos_token") || name.equals("eos_token"))) {
      return Str.of(text);
    }
    return convert(value);
  }

  private Object convert(Object value) {
    size += VALUE_SIZE;
    if (value == null) {
      return None.NONE;
    } else if (value instanceof String text) {
      size += text.length();
      return Str.of(text, false);
    } else if (value instanceof Boolean) {
      return value;
    } else if (value instanceof BigInteger big) {
      return Numbers.normalize(big);
    } else if (value instanceof Float || value instanceof Double) {
      return ((Number) value).doubleValue();
    } else if (value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte) {
      return ((Number) value).longValue();
    } else if (value instanceof Number number) {
      return number.doubleValue();
    } else if (value instanceof Map<?, ?> || value instanceof Collection<?>) {
      if (++depth > MAX_DEPTH) {
        throw new InvalidRequestException(
            "a variable of the chat template is nested more than " + MAX_DEPTH + " levels deep");
      }
      Object taken =
          value instanceof Map<?, ?> map ? convertDict(map) : convertList((Collection<?>) value);
      depth--;
      return taken;
    } else if (value instanceof CharSequence) {
      return convert(value.toString());
    }
    throw new InvalidRequestException(
        "a variable of the chat template is a "
            + value.getClass().getName()
            + ": expected text, a number, a boolean, a list, a map or null");
  }

  private PyList convertList(Collection<?> values) {
    ArrayList<Object> items = new ArrayList<>(values.size());
    for (Object each : values) {
      items.add(convert(each));
    }
    return PyList.frozen(items);
  }

  private PyDict convertDict(Map<?, ?> map) {
    PyDict dict = new PyDict(true);
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Object value = convert(entry.getValue());
      if ("role".equals(entry.getKey()) && value instanceof Str text && isKnownRole(text.text)) {
        value = Str.of(text.text); // templates write '<|' + role + '|>'
      }
      dict.put(convert(entry.getKey()), value, budget);
    }
    return dict;
  }

  private static boolean isKnownRole(String name) {
    return switch (name) {
      case "system", "user", "assistant", "tool", "developer", "function", "ipython", "model" ->
          true;
      default -> false;
    };
  }
}
