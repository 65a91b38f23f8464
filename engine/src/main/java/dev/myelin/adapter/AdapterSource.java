package dev.myelin.adapter;

import java.util.Optional;

/**
 * Where a model's matrices get their changes from: a mapped file, or memory that is being trained.
 * Asked once for each matrix when the model is built.
 */
public interface AdapterSource extends AutoCloseable {
  /** Stands for the rank in a shape, which the source knows. */
  long RANK = -1;

  /**
   * The change of a matrix, or none where it stays as it is.
   *
   * @param weight the matrix's name, such as {@code blk.0.attn_q.weight}
   * @param a the shape that A must have, ggml's order, {@link #RANK} for one dimension
   * @param b likewise of B
   * @throws dev.myelin.error.ModelFileException if there is a change that does not fit
   */
  Optional<LowRank> find(String weight, long[] a, long[] b);

  /**
   * Called after the last matrix.
   *
   * @throws dev.myelin.error.ModelFileException if there are changes that no matrix asked for
   */
  void requireAllFound();

  /**
   * Throws if they lie in a mapped file that was changed.
   *
   * @throws dev.myelin.error.ModelFileException naming it
   */
  default void requireUnchanged() {}

  /** Frees what the changes lie in; the model is no longer used then. */
  @Override
  void close();
}
