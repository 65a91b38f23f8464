package dev.myelin.bench;

/**
 * An engine with a model loaded and one sequence, to be timed. One thread at a time, and no work
 * left behind between calls.
 */
public interface Contender extends AutoCloseable {
  /** For example {@code myelin}. */
  String name();

  /** Which build of it. */
  String build();

  /** Appends tokens and waits until the logits of the last one are there. */
  void feed(int[] tokens);

  /** Forgets all but the first {@code length} tokens. */
  void truncate(int length);

  @Override
  void close();
}
