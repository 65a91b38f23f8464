package dev.myelin.chat.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The arguments of one call. */
record Args(List<Object> positional, Map<String, Object> named) {
  static final Args NONE = new Args(List.of(), Map.of());

  static Args of(Object... values) {
    return new Args(List.of(values), Map.of());
  }

  int size() {
    return positional.size() + named.size();
  }

  /** Those after the first so many. */
  Args from(int first) {
    return new Args(
        positional.subList(Math.min(first, positional.size()), positional.size()), named);
  }

  PyDict namedDict(Budget budget) {
    PyDict dict = new PyDict();
    for (Map.Entry<String, Object> each : named.entrySet()) {
      dict.put(Str.of(each.getKey()), each.getValue(), budget);
    }
    return dict;
  }

  Args with(String name, Object value) {
    Map<String, Object> all = new LinkedHashMap<>(named);
    all.put(name, value);
    return new Args(positional, all);
  }
}
