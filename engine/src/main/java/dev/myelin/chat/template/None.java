package dev.myelin.chat.template;

/** Python's None; Java's null means that a value is missing. */
enum None {
  NONE
}
