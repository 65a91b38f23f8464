package dev.myelin.generate;

/** What a {@link Conversation} does when its context is full. */
public enum OnFull {
  /** The reply ends, and a further message is refused. */
  STOP,
  /**
   * The oldest exchanges, each a message and its reply, are left out of what the model sees, until
   * at least a quarter of the context is free; the system prompt stays. Should that happen within a
   * reply, it goes on.
   */
  DROP
}
