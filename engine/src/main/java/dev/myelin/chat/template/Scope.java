package dev.myelin.chat.template;

import java.util.HashMap;
import java.util.Map;

/** Names of one block; those of the blocks around it can be read. */
final class Scope {
  private final Scope outer;
  private Map<String, Object> names; // made when first needed

  Scope(Scope outer) {
    this.outer = outer;
  }

  void set(String name, Object value) {
    if (names == null) {
      names = new HashMap<>();
    }
    names.put(name, value);
  }

  /** The value of a name, or null. */
  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Object value = scope.names == null ? null : scope.names.get(name);
      if (value != null) {
        return value;
      }
    }
    return null;
  }
}
