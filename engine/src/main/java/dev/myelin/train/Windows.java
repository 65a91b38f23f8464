package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import java.util.SplittableRandom;

/**
 * Which windows of a stream of tokens a step sees. Every epoch cuts the stream again, at an offset
 * of its own, and shuffles the pieces; all of it follows from the seed and the step's number, so
 * that a resumed run sees what an unbroken one would have seen.
 */
final class Windows {
  private final int[] tokens;
  private final BatchShape shape;
  private final long seed;
  private final int count;
  private final Pieces pieces;
  private int[] order;
  private int offset;
  private long epoch = -1;

  /**
   * @throws InvalidRequestException if there are fewer tokens than two windows
   */
  Windows(int[] tokens, BatchShape shape, long seed) {
    this.tokens = tokens;
    this.shape = shape;
    this.seed = seed;
    this.pieces = null;
    // one window is left for the offset
    this.count = (tokens.length - 1) / shape.context() - 1;
    if (count < 1) {
      throw new InvalidRequestException(
          "%s tokens of text: expected at least %s, two windows of %s"
              .formatted(tokens.length, 2 * shape.context() + 1, shape.context()));
    }
  }

  /**
   * Windows that begin with documents or conversations.
   *
   * @throws InvalidRequestException if there are none
   */
  Windows(int[] tokens, BatchShape shape, long seed, Pieces pieces) {
    this.tokens = tokens;
    this.shape = shape;
    this.seed = seed;
    this.pieces = pieces;
    this.count = pieces.count();
    if (count < 1) {
      throw new InvalidRequestException("no window in which something is learned");
    }
  }

  /** Steps until every window was seen once, at least one. */
  long stepsPerEpoch() {
    return Math.max(1, count / shape.sequences());
  }

  /** The batch of a step, counted from 1: each sequence's tokens, one after the other. */
  int[] batch(long step) {
    int[] batch = new int[shape.sequences() * shape.window()];
    long first = (step - 1) * shape.sequences();
    for (int i = 0; i < shape.sequences(); i++) {
      copy(first + i, batch, i * shape.window());
    }
    return batch;
  }

  private void copy(long number, int[] to, int at) {
    long wanted = number / count;
    if (wanted != epoch) {
      shuffle(wanted);
    }
    int window = order[(int) (number % count)];
    if (pieces == null) {
      System.arraycopy(tokens, offset + window * shape.context(), to, at, shape.window());
    } else {
      pieces.copy(tokens, window, to, at, shape.window());
    }
  }

  private void shuffle(long next) {
    SplittableRandom random = new SplittableRandom(seed ^ next * 0x9e3779b97f4a7c15L);
    offset = random.nextInt(shape.context());
    order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    epoch = next;
  }
}
