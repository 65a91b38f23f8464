package dev.myelin.chat.template;

/** Python's None; null would mean that something is missing. */
enum None {
  NONE
}
