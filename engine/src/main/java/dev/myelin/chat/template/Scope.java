package dev.myelin.chat.template;

import java.util.HashMap;
import java.util.Map;

/** The variables of one block; those of the enclosing blocks can be read. */
final class Scope {
  private final Scope outer;
  private Map<String, Object> variables; // created lazily

  Scope(Scope outer) {
    this.outer = outer;
  }

  void set(String name, Object value) {
    if (variables == null) {
      variables = new HashMap<>();
    }
    variables.put(name, value);
  }

  /** The value of a name, or null. */
  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Object value = scope.variables == null ? null : scope.variables.get(name);
      if (value != null) {
        return value;
      }
    }
    return null;
  }
}
