package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the windows of each step. Every epoch cuts the token stream into windows at another
 * offset and shuffles them. The result depends only on the seed and the step, so that a resumed run
 * sees the same batches as an uninterrupted one.
 */
final class BatchSampler {
  private final int[] tokens;
  private final BatchShape shape;
  private final long seed;
  private final int count;
  private final @Nullable WindowRanges windows;
  private int[] order;
  private int offset;
  private long epoch = -1;

  /**
   * @throws InvalidRequestException if there are fewer tokens than two windows
   */
  BatchSampler(int[] tokens, BatchShape shape, long seed) {
    this.tokens = tokens;
    this.shape = shape;
    this.seed = seed;
    this.windows = null;
    // one window is lost to the offset
    this.count = (tokens.length - 1) / shape.context() - 1;
    if (count < 1) {
      throw new InvalidRequestException(
          "%s tokens of text: expected at least %s, two windows of %s"
              .formatted(tokens.length, 2 * shape.context() + 1, shape.context()));
    }
  }

  /**
   * Uses windows that start at documents or conversations.
   *
   * @throws InvalidRequestException if there are none
   */
  BatchSampler(int[] tokens, BatchShape shape, long seed, WindowRanges windows) {
    this.tokens = tokens;
    this.shape = shape;
    this.seed = seed;
    this.windows = windows;
    this.count = windows.count();
    if (count < 1) {
      throw new InvalidRequestException("no window with a token that counts in the loss");
    }
  }

  /** Number of steps per epoch, at least 1. */
  long stepsPerEpoch() {
    return Math.max(1, count / shape.sequences());
  }

  /** The batch of a step, counted from 1: the windows of all sequences, concatenated. */
  int[] batch(long step) {
    int[] batch = new int[shape.sequences() * shape.windowLength()];
    long first = (step - 1) * shape.sequences();
    for (int i = 0; i < shape.sequences(); i++) {
      copyWindow(first + i, batch, i * shape.windowLength());
    }
    return batch;
  }

  private void copyWindow(long number, int[] target, int position) {
    long windowEpoch = number / count;
    if (windowEpoch != epoch) {
      shuffle(windowEpoch);
    }
    int window = order[(int) (number % count)];
    if (windows == null) {
      System.arraycopy(
          tokens, offset + window * shape.context(), target, position, shape.windowLength());
    } else {
      windows.copy(tokens, window, target, position, shape.windowLength());
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
