package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import java.util.Arrays;

/** Text that is never learned from: windows of it one after the other, the same at every time. */
final class HeldOut {
  /** More windows would measure the loss no better, and take long. */
  private static final int MOST_WINDOWS = 256;

  private final int[] tokens;
  private final BatchShape shape;
  private final int batches;

  /**
   * @throws InvalidRequestException if there are fewer tokens than one window
   */
  HeldOut(int[] tokens, BatchShape training) {
    int windows = Math.min(MOST_WINDOWS, (tokens.length - 1) / training.context());
    if (windows < 1) {
      throw new InvalidRequestException(
          "%d tokens of held-out text: expected at least %d, one window; hold out more, or less context"
              .formatted(tokens.length, training.window()));
    }
    this.tokens = tokens;
    this.shape = new BatchShape(Math.min(training.sequences(), windows), training.context());
    this.batches = windows / shape.sequences();
  }

  BatchShape shape() {
    return shape;
  }

  int batches() {
    return batches;
  }

  /** Windows of the batch, {@link BatchShape#window} tokens each. */
  int[] batch(int number) {
    int[] batch = new int[shape.sequences() * shape.window()];
    for (int i = 0; i < shape.sequences(); i++) {
      int from = (number * shape.sequences() + i) * shape.context();
      int[] window = Arrays.copyOfRange(tokens, from, from + shape.window());
      System.arraycopy(window, 0, batch, i * shape.window(), window.length);
    }
    return batch;
  }
}
