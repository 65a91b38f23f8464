package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import java.util.stream.IntStream;

/** Windows of the validation text, the same for every evaluation. */
final class ValidationSet {
  /** More windows would take longer and hardly improve the estimate. */
  private static final int MAX_WINDOWS = 256;

  private final int[] tokens;
  private final WindowRanges windows;
  private final BatchShape shape;
  private final int batches;

  /**
   * Uses consecutive windows.
   *
   * @throws InvalidRequestException if there are fewer tokens than one window
   */
  ValidationSet(int[] tokens, BatchShape training) {
    this(tokens, training, WindowRanges.withoutPadding(consecutiveWindows(tokens, training)));
  }

  /**
   * @param windows the windows
   * @throws InvalidRequestException if there are none
   */
  ValidationSet(int[] tokens, BatchShape training, WindowRanges windows) {
    if (windows.count() < 1) {
      throw new InvalidRequestException(
          "validation text: no window with a token that counts in the loss; use a larger validation"
              + " split");
    }
    int count = Math.min(MAX_WINDOWS, windows.count());
    this.tokens = tokens;
    this.windows = windows;
    this.shape = new BatchShape(Math.min(training.sequences(), count), training.context());
    this.batches = count / shape.sequences();
  }

  private static int[] consecutiveWindows(int[] tokens, BatchShape training) {
    int windows = Math.max(0, tokens.length - 1) / training.context();
    if (windows < 1) {
      throw new InvalidRequestException(
          ("%s tokens of validation text: expected at least %s, one window; "
                  + "use a larger validation split or a shorter context")
              .formatted(tokens.length, training.windowLength()));
    }
    return IntStream.range(0, windows).map(i -> i * training.context()).toArray();
  }

  BatchShape shape() {
    return shape;
  }

  int batches() {
    return batches;
  }

  /** The windows of a batch, {@link BatchShape#windowLength} tokens each. */
  int[] batch(int index) {
    int[] batch = new int[shape.sequences() * shape.windowLength()];
    for (int i = 0; i < shape.sequences(); i++) {
      int window = index * shape.sequences() + i;
      windows.copy(tokens, window, batch, i * shape.windowLength(), shape.windowLength());
    }
    return batch;
  }
}
