package dev.myelin.chat.jinja;

/** What stands behind {@code value is name(...)}. */
@FunctionalInterface
interface Test {
  boolean holds(Object value, Arguments arguments, Render render);
}
