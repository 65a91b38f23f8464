package dev.myelin.bench;

/**
 * The longest wait of a sequence from one token to the next. Immutable and thread-safe.
 *
 * @param steps batches computed from one token to the next: 1 if every batch has the sequence
 * @param nanoseconds the longest time, not necessarily of the same token
 */
public record Wait(long steps, long nanoseconds) {
  static final Wait NONE = new Wait(0, 0);

  Wait max(Wait other) {
    return new Wait(Math.max(steps, other.steps), Math.max(nanoseconds, other.nanoseconds));
  }
}
