package dev.myelin.state;

import org.jspecify.annotations.Nullable;

/**
 * The recurrent states after the last token of a full page, kept for a rewind or for later
 * sequences. Confined to one thread at a time.
 */
final class StateSnapshot {
  private final int position;
  private final int slot;
  // open ones that have the same tokens before the position
  private int sequences;
  private @Nullable PrefixNode node;
  private boolean isEnd;
  private boolean isHeld = true;
  private long lastUse;

  StateSnapshot(int position, int slot) {
    this.position = position;
    this.slot = slot;
  }

  /** Number of tokens before it. */
  int position() {
    return position;
  }

  int slot() {
    return slot;
  }

  /** False when its slot was given to others. */
  boolean isHeld() {
    return isHeld;
  }

  void dropped() {
    isHeld = false;
  }

  void enter() {
    sequences++;
  }

  /** One sequence less uses it; whether it was the last. */
  boolean leave() {
    return --sequences == 0;
  }

  /** The page that it belongs to, if later sequences can use it. */
  @Nullable PrefixNode node() {
    return node;
  }

  void setNode(@Nullable PrefixNode value) {
    node = value;
  }

  /** Whether a prompt or a reply ends in the next page: where a rewind is likely. */
  boolean isEnd() {
    return isEnd;
  }

  void setEnd() {
    isEnd = true;
  }

  long lastUse() {
    return lastUse;
  }

  void use(long time) {
    lastUse = time;
  }
}
