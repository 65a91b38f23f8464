package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import java.util.stream.IntStream;

/** Text that is never learned from: windows of it, the same at every time. */
final class HeldOut {
  /** More windows would measure the loss no better, and take long. */
  private static final int MOST_WINDOWS = 256;

  private final int[] tokens;
  private final Pieces pieces;
  private final BatchShape shape;
  private final int batches;

  /**
   * Windows one after the other.
   *
   * @throws InvalidRequestException if there are fewer tokens than one window
   */
  HeldOut(int[] tokens, BatchShape training) {
    this(tokens, training, Pieces.whole(everyWindow(tokens, training)));
  }

  /**
   * @param pieces the windows
   * @throws InvalidRequestException if there are none
   */
  HeldOut(int[] tokens, BatchShape training, Pieces pieces) {
    if (pieces.count() < 1) {
      throw new InvalidRequestException(
          "held-out text: no window in which something is learned; hold out more");
    }
    int windows = Math.min(MOST_WINDOWS, pieces.count());
    this.tokens = tokens;
    this.pieces = pieces;
    this.shape = new BatchShape(Math.min(training.sequences(), windows), training.context());
    this.batches = windows / shape.sequences();
  }

  private static int[] everyWindow(int[] tokens, BatchShape training) {
    int windows = Math.max(0, tokens.length - 1) / training.context();
    if (windows < 1) {
      throw new InvalidRequestException(
          ("%s tokens of held-out text: expected at least %s, one window; "
                  + "hold out more, or less context")
              .formatted(tokens.length, training.window()));
    }
    return IntStream.range(0, windows).map(i -> i * training.context()).toArray();
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
      int window = number * shape.sequences() + i;
      pieces.copy(tokens, window, batch, i * shape.window(), shape.window());
    }
    return batch;
  }
}
