package dev.myelin.chat.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The evaluated arguments of a call. */
record CallArguments(List<Object> positional, Map<String, Object> keywords) {
  static final CallArguments NONE = new CallArguments(List.of(), Map.of());

  static CallArguments of(Object... values) {
    return new CallArguments(List.of(values), Map.of());
  }

  int size() {
    return positional.size() + keywords.size();
  }

  /** The arguments without the first {@code count} positional ones. */
  CallArguments skip(int count) {
    return new CallArguments(
        positional.subList(Math.min(count, positional.size()), positional.size()), keywords);
  }

  PyDict keywordDict(Budget budget) {
    PyDict dict = new PyDict();
    for (Map.Entry<String, Object> each : keywords.entrySet()) {
      dict.put(Str.of(each.getKey()), each.getValue(), budget);
    }
    return dict;
  }

  CallArguments with(String name, Object value) {
    Map<String, Object> all = new LinkedHashMap<>(keywords);
    all.put(name, value);
    return new CallArguments(positional, all);
  }
}
