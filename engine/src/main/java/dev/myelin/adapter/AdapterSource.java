package dev.myelin.adapter;

import java.util.Optional;

/**
 * A source of low-rank updates: a mapped file, or memory that is being trained. Queried once per
 * matrix when the model is built. Confined to the thread that builds the model.
 */
public interface AdapterSource extends AutoCloseable {
  /** Placeholder for the rank in a shape. */
  long RANK = -1;

  /**
   * The update of a matrix, if there is one.
   *
   * @param weight name of the matrix, such as {@code blk.0.attn_q.weight}
   * @param a the required shape of A in ggml's order, with {@link #RANK} for one dimension
   * @param b the required shape of B
   * @throws dev.myelin.error.ModelFileException if the update has another shape
   */
  Optional<LowRankUpdate> find(String weight, long[] a, long[] b);

  /**
   * Called after the last matrix.
   *
   * @throws dev.myelin.error.ModelFileException if an update belongs to no matrix of the model
   */
  void requireAllFound();

  /**
   * Checks that a mapped file was not changed.
   *
   * @throws dev.myelin.error.ModelFileException if it was changed; names the file
   */
  default void requireUnchanged() {}

  /** Frees the memory of the updates; the model must no longer be used. */
  @Override
  void close();
}
