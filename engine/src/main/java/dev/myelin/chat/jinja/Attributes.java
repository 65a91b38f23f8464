package dev.myelin.chat.jinja;

/** A value with named parts of its own, such as {@code loop}. */
@FunctionalInterface
interface Attributes {
  /** The part, or null where there is none of this name. */
  Object attribute(String name);
}
