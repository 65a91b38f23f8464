package dev.myelin.chat.template;

import java.util.HashMap;
import java.util.Map;

/** The result of {@code namespace()}: its attributes can be set from any scope. */
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
