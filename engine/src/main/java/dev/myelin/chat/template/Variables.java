package dev.myelin.chat.template;

import dev.myelin.error.InvalidRequestException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;

/** Takes plain Java values over: they cannot be changed, and their text is not trusted. */
final class Variables {
  private static final int DEEPEST = 100;
  private static final int VALUE = 16; // characters that a value counts for

  private final Budget budget = new Budget(1L << 40); // what a caller passes is not bounded here
  private long size;
  private int depth;

  /** Characters of all values so far, and some for each value. */
  long size() {
    return size;
  }

  /**
   * @param name of the variable
   */
  Object of(String name, Object value) {
    if (value instanceof String text && (name.equals("bos_token") || name.equals("eos_token"))) {
      return Str.of(text);
    }
    return of(value);
  }

  private Object of(Object value) {
    size += VALUE;
    if (value == null) {
      return None.NONE;
    } else if (value instanceof String text) {
      size += text.length();
      return Str.of(text, false);
    } else if (value instanceof Boolean) {
      return value;
    } else if (value instanceof BigInteger big) {
      return Numbers.integer(big);
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
      if (++depth > DEEPEST) {
        throw new InvalidRequestException(
            "a variable of the chat template is nested more than " + DEEPEST + " levels deep");
      }
      Object taken = value instanceof Map<?, ?> map ? dict(map) : list((Collection<?>) value);
      depth--;
      return taken;
    } else if (value instanceof CharSequence) {
      return of(value.toString());
    }
    throw new InvalidRequestException(
        "a variable of the chat template is a "
            + value.getClass().getName()
            + ": expected text, a number, a boolean, a list, a map or null");
  }

  private PyList list(Collection<?> values) {
    ArrayList<Object> items = new ArrayList<>(values.size());
    for (Object each : values) {
      items.add(of(each));
    }
    return PyList.frozen(items);
  }

  private PyDict dict(Map<?, ?> map) {
    PyDict dict = new PyDict(true);
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Object value = of(entry.getValue());
      if ("role".equals(entry.getKey()) && value instanceof Str text && role(text.text)) {
        value = Str.of(text.text); // templates write '<|' + role + '|>'
      }
      dict.put(of(entry.getKey()), value, budget);
    }
    return dict;
  }

  private static boolean role(String name) {
    return switch (name) {
      case "system", "user", "assistant", "tool", "developer", "function", "ipython", "model" ->
          true;
      default -> false;
    };
  }
}
