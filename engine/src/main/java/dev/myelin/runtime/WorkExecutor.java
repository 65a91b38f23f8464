package dev.myelin.runtime;

import java.util.List;

/** Computes the work of a runtime's sequences, step by step. */
interface WorkExecutor extends AutoCloseable {
  /**
   * Computes work of different sequences. An interrupt or {@link Work#cancel} ends it within a
   * step, and so does work that fails.
   *
   * @throws dev.myelin.error.CancelledException if it ended early
   */
  void compute(List<Work> works);

  /** A sequence was cancelled. */
  void cancelled();

  /** A sequence may be used again after it was cancelled. */
  void resumed();

  /** A sequence is closed, or is not going to ask for more. */
  void forget(Sequence sequence);

  /** Ends it; what waits fails. */
  @Override
  void close();
}
