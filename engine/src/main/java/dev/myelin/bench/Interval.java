package dev.myelin.bench;

/**
 * The timed part of a repetition, in values of {@link System#nanoTime}. Immutable and thread-safe.
 *
 * @param end not before the start
 */
public record Interval(long start, long end) {
  public long nanoseconds() {
    return end - start;
  }
}
