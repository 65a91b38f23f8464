package dev.myelin.generate;

/** What a {@link Conversation} does when its context is full. Immutable and thread-safe. */
public enum ContextFullPolicy {
  /** The reply ends, and further messages are rejected. */
  STOP,
  /**
   * The oldest exchanges, each a message and its reply, are dropped from the context until at least
   * a quarter of it is free. The system prompt stays. A reply in progress continues.
   */
  DROP_OLDEST
}
