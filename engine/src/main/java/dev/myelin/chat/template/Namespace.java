package dev.myelin.chat.template;

import java.util.HashMap;
import java.util.Map;

/** What {@code namespace()} returns: attributes that can be set anywhere. */
final class Namespace {
  private final Map<String, Object> attributes = new HashMap<>();

  /** The attribute, or null. */
  Object get(String name) {
    return attributes.get(name);
  }

  void set(String name, Object value) {
    attributes.put(name, value);
  }
}
