package dev.myelin.chat.jinja;

/** Python's None: a value, unlike {@link Undefined}. */
enum None {
  NONE
}
