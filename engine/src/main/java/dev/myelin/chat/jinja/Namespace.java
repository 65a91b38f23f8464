package dev.myelin.chat.jinja;

import java.util.Map;

/** What {@code namespace(...)} makes: the one thing an inner scope can assign to. */
record Namespace(Map<String, Object> parts) implements Attributes {
  @Override
  public Object attribute(String name) {
    return parts.get(name);
  }
}
