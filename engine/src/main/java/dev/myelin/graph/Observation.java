package dev.myelin.graph;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What a weight was multiplied with.
 *
 * @param weight its name
 * @param matrices how many matrices it stacks
 * @param input f32 [columns, 1 or used, tokens] for a stack of experts, else [columns, tokens]
 * @param experts i32 [used, tokens]: which matrix each row went to, or null
 */
public record Observation(String weight, long matrices, Tensor input, Tensor experts) {
  /** Takes the rows, one after the other: valid during the call only. */
  @FunctionalInterface
  public interface Rows {
    /**
     * @param matrix the one the row was multiplied with
     * @param values f32, at least {@code offset + columns} of them
     * @param offset of the row's first, counted in values
     */
    void row(int matrix, MemorySegment values, long offset);
  }

  /** Length of a row. */
  public int columns() {
    return Math.toIntExact(input.dim(0));
  }

  /** Hands out every row that a matrix was multiplied with. */
  public void forEachRow(Rows rows) {
    MemorySegment values = input.data();
    if (experts == null) {
      for (long i = 0; i < input.dim(1) * input.dim(2) * input.dim(3); i++) {
        rows.row((int) (i / input.dim(1) % matrices), values, i * input.dim(0));
      }
      return;
    }
    MemorySegment chosen = experts.strided();
    long shared = input.dim(1);
    for (long token = 0; token < experts.dim(1); token++) {
      for (long slot = 0; slot < experts.dim(0); slot++) {
        long at = token * experts.stride(1) + slot * experts.stride(0);
        rows.row(
            chosen.get(ValueLayout.JAVA_INT, at),
            values,
            (token * shared + slot % shared) * input.dim(0));
      }
    }
  }
}
