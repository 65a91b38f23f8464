package dev.myelin.bench;

/** An engine that holds a model and one sequence of tokens. One thread. */
public interface BenchEngine extends AutoCloseable {
  /** What results are listed under. */
  String name();

  /** Keeps only the first {@code position} tokens. */
  void truncate(int position);

  /** Appends tokens, in batches, and returns when the last one's logits are there. */
  void feed(int... tokens);

  @Override
  void close();
}
