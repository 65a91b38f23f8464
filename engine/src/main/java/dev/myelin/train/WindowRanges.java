package dev.myelin.train;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The windows of a token stream: where each starts and where its data ends. The rest of a window is
 * padding, which is excluded from the loss.
 *
 * @param starts start of each window
 * @param ends end of the data of each window; null if no window needs padding
 */
record WindowRanges(int[] starts, int @Nullable [] ends) {
  /** Padding is excluded from the loss, and comes after all tokens that count in it. */
  private static final int PADDING_TOKEN = ~0;

  /** Windows without padding. */
  static WindowRanges withoutPadding(int[] starts) {
    return new WindowRanges(starts, null);
  }

  int count() {
    return starts.length;
  }

  /** Copies a window of {@code length} tokens. */
  void copy(int[] tokens, int window, int[] target, int offset, int length) {
    int from = starts[window];
    int available = ends == null ? length : Math.min(length, ends[window] - from);
    System.arraycopy(tokens, from, target, offset, available);
    Arrays.fill(target, offset + available, offset + length, PADDING_TOKEN);
  }
}
