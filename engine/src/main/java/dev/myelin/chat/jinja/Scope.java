package dev.myelin.chat.jinja;

import java.util.HashMap;
import java.util.Map;

/** Variables; names not found here are looked up outwards, and never assigned there. */
final class Scope {
  private final Map<String, Object> variables = new HashMap<>();
  private final Scope outer;

  /**
   * @param outer null for the outermost
   */
  Scope(Scope outer) {
    this.outer = outer;
  }

  void set(String name, Object value) {
    variables.put(name, value);
  }

  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Object value = scope.variables.get(name);
      if (value != null) {
        return value;
      }
    }
    return Undefined.variable(name);
  }
}
