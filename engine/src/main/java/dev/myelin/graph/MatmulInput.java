package dev.myelin.graph;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The input of a weight's matmul.
 *
 * @param weight name of the weight
 * @param matrixCount number of matrices in the weight: 1, or the number of experts
 * @param input f32 [columns, 1 or used, tokens] for a stack of experts, else [columns, tokens]
 * @param expertIds i32 [used, tokens]: the expert that each row is routed to, or null
 */
public record MatmulInput(String weight, long matrixCount, Tensor input, Tensor expertIds) {
  /** Receives the rows in order. A row is valid during the call only. */
  @FunctionalInterface
  public interface RowConsumer {
    /**
     * @param matrix index of the matrix that multiplies the row
     * @param values f32, at least {@code offset + columns} values
     * @param offset index of the row's first value
     */
    void accept(int matrix, MemorySegment values, long offset);
  }

  /** Values per row. */
  public int columns() {
    return Math.toIntExact(input.dim(0));
  }

  /** Passes every row to the consumer. */
  public void forEachRow(RowConsumer consumer) {
    MemorySegment values = input.data();
    if (expertIds == null) {
      for (long i = 0; i < input.dim(1) * input.dim(2) * input.dim(3); i++) {
        consumer.accept((int) (i / input.dim(1) % matrixCount), values, i * input.dim(0));
      }
      return;
    }
    MemorySegment ids = expertIds.stridedData();
    long rowsPerToken = input.dim(1);
    for (long token = 0; token < expertIds.dim(1); token++) {
      for (long slot = 0; slot < expertIds.dim(0); slot++) {
        long at = token * expertIds.stride(1) + slot * expertIds.stride(0);
        consumer.accept(
            ids.get(ValueLayout.JAVA_INT, at),
            values,
            (token * rowsPerToken + slot % rowsPerToken) * input.dim(0));
      }
    }
  }
}
