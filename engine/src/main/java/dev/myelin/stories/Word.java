package dev.myelin.stories;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A word or phrase of a list.
 *
 * @param forms other forms by name: "in the park" is the form {@code at} of "the park"
 */
record Word(String text, Map<String, String> forms) {

  /** Parses {@code text/form/form}. */
  static Word parse(String value, List<String> names) {
    String[] parts = value.split("/");
    if (parts.length != names.size() + 1) {
      throw new IllegalStateException("grammar: " + value + ": expected forms " + names);
    }
    Map<String, String> forms = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      forms.put(names.get(i), parts[i + 1]);
    }
    return new Word(parts[0], forms);
  }

  String form(String name) {
    String form = name.isEmpty() ? text : forms.get(name);
    if (form == null) {
      throw new IllegalStateException("grammar: " + text + ": no form " + name);
    }
    return form;
  }
}
