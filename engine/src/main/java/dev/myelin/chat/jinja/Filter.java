package dev.myelin.chat.jinja;

/** What stands behind {@code value | name(...)}. */
@FunctionalInterface
interface Filter {
  Object apply(Object value, Arguments arguments, Render render);
}
