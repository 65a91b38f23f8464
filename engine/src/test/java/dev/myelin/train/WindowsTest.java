package dev.myelin.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which windows a step sees: each once an epoch, whole documents where those are asked for. */
class WindowsTest {
  private static final BatchShape BATCH = new BatchShape(2, 5);
  private static final int BOS = 1000;

  /** Tokens that count up, a document every seven. */
  private static int[] documents(int count) {
    return IntStream.range(0, 7 * count).map(i -> i % 7 == 0 ? BOS : i).toArray();
  }

  @Test
  void anEpochSeesEveryWindowOnce() {
    int[] tokens = IntStream.range(0, 71).toArray();
    Windows windows = new Windows(tokens, BATCH, 3);
    Set<Integer> firsts = new HashSet<>();
    // 71 tokens are 14 windows of 5, of which one is left for the offset
    for (long step = 1; step <= windows.stepsPerEpoch(); step++) {
      int[] batch = windows.batch(step);
      for (int i = 0; i < batch.length; i++) {
        int first = batch[i / BATCH.window() * BATCH.window()];
        assertThat(batch[i]).isEqualTo(first + i % BATCH.window());
        firsts.add(first);
      }
    }
    assertThat(firsts)
        .hasSize(2 * 6)
        .allMatch(first -> (first - firsts.iterator().next()) % 5 == 0);
  }

  @Test
  void windowsOfWholeDocumentsBeginWithTheirs() {
    int[] tokens = documents(9);
    int[] starts = Documents.starts(tokens, BOS, BATCH);
    assertThat(starts).containsExactly(0, 7, 14, 21, 28, 35, 42, 49, 56);
    Windows windows = new Windows(tokens, BATCH, 3, Pieces.whole(starts));
    Set<Integer> seconds = new HashSet<>();
    for (long step = 1; step <= windows.stepsPerEpoch(); step++) {
      int[] batch = windows.batch(step);
      for (int at = 0; at < batch.length; at += BATCH.window()) {
        assertThat(batch[at]).isEqualTo(BOS);
        seconds.add(batch[at + 1]);
      }
    }
    assertThat(seconds).hasSize(2 * 4);
    HeldOut heldOut = new HeldOut(tokens, BATCH, Pieces.whole(starts));
    assertThat(heldOut.batch(1)[0]).isEqualTo(BOS);
    assertThat(heldOut.batch(1)[1]).isEqualTo(15);
  }

  @Test
  void theSeedDecidesAndNothingElse() {
    int[] tokens = IntStream.range(0, 500).toArray();
    int[] late = new Windows(tokens, BATCH, 3).batch(120);
    Windows other = new Windows(tokens, BATCH, 3);
    other.batch(7);
    assertThat(other.batch(120)).isEqualTo(late);
    assertThat(new Windows(tokens, BATCH, 4).batch(120)).isNotEqualTo(late);
  }

  @Test
  void textWithoutAWindowIsRefused() {
    Pieces none = Pieces.whole(new int[0]);
    assertThatThrownBy(() -> new Windows(documents(9), BATCH, 3, none))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("no window in which something is learned");
    assertThatThrownBy(() -> new HeldOut(documents(9), BATCH, none))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("held-out text: no window in which something is learned; hold out more");
  }

  @Test
  void documentsThatFillNoWindowAreRefused() {
    assertThatThrownBy(() -> Documents.starts(new int[] {BOS, 1, 2}, BOS, BATCH))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("3 tokens of text: expected a document and at least 6 tokens");
    assertThatThrownBy(() -> Documents.starts(documents(9), -1, BATCH))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("no token that begins them");
  }
}
