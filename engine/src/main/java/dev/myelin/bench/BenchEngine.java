package dev.myelin.bench;

/** An engine with a loaded model and one sequence of tokens. Not thread-safe. */
public interface BenchEngine extends AutoCloseable {
  /** The name of the engine in results. */
  String name();

  /** Keeps only the first {@code position} tokens. */
  void truncate(int position);

  /** Appends tokens in batches, and returns when the logits of the last one are computed. */
  void feed(int... tokens);

  @Override
  void close();
}
