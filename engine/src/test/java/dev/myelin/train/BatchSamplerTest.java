package dev.myelin.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The windows of each step: each once per epoch, optionally starting at documents. */
class BatchSamplerTest {
  private static final BatchShape BATCH = new BatchShape(2, 5);
  private static final int BOS = 1000;

  /** Consecutive tokens with a document start at every seventh. */
  private static int[] documents(int count) {
    return IntStream.range(0, 7 * count).map(i -> i % 7 == 0 ? BOS : i).toArray();
  }

  @Test
  void epochSeesEveryWindowOnce() {
    int[] tokens = IntStream.range(0, 71).toArray();
    BatchSampler windows = new BatchSampler(tokens, BATCH, 3);
    Set<Integer> firsts = new HashSet<>();
    // 71 tokens are 14 windows of 5; one is lost to the offset
    for (long step = 1; step <= windows.stepsPerEpoch(); step++) {
      int[] batch = windows.batch(step);
      for (int i = 0; i < batch.length; i++) {
        int first = batch[i / BATCH.windowLength() * BATCH.windowLength()];
        assertThat(batch[i]).isEqualTo(first + i % BATCH.windowLength());
        firsts.add(first);
      }
    }
    assertThat(firsts)
        .hasSize(2 * 6)
        .allMatch(first -> (first - firsts.iterator().next()) % 5 == 0);
  }

  @Test
  void windowsOfWholeDocumentsStartWithDocuments() {
    int[] tokens = documents(9);
    int[] starts = DocumentStarts.find(tokens, BOS, BATCH);
    assertThat(starts).containsExactly(0, 7, 14, 21, 28, 35, 42, 49, 56);
    BatchSampler windows = new BatchSampler(tokens, BATCH, 3, WindowRanges.withoutPadding(starts));
    Set<Integer> seconds = new HashSet<>();
    for (long step = 1; step <= windows.stepsPerEpoch(); step++) {
      int[] batch = windows.batch(step);
      for (int at = 0; at < batch.length; at += BATCH.windowLength()) {
        assertThat(batch[at]).isEqualTo(BOS);
        seconds.add(batch[at + 1]);
      }
    }
    assertThat(seconds).hasSize(2 * 4);
    ValidationSet heldOut = new ValidationSet(tokens, BATCH, WindowRanges.withoutPadding(starts));
    assertThat(heldOut.batch(1)[0]).isEqualTo(BOS);
    assertThat(heldOut.batch(1)[1]).isEqualTo(15);
  }

  @Test
  void batchDependsOnlyOnSeedAndStep() {
    int[] tokens = IntStream.range(0, 500).toArray();
    int[] late = new BatchSampler(tokens, BATCH, 3).batch(120);
    BatchSampler other = new BatchSampler(tokens, BATCH, 3);
    other.batch(7);
    assertThat(other.batch(120)).isEqualTo(late);
    assertThat(new BatchSampler(tokens, BATCH, 4).batch(120)).isNotEqualTo(late);
  }

  @Test
  void rejectsTextWithoutWindow() {
    WindowRanges none = WindowRanges.withoutPadding(new int[0]);
    assertThatThrownBy(() -> new BatchSampler(documents(9), BATCH, 3, none))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("no window with a token that counts in the loss");
    assertThatThrownBy(() -> new ValidationSet(documents(9), BATCH, none))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(
            "validation text: no window with a token that counts in the loss; use a larger"
                + " validation split");
  }

  @Test
  void rejectsDocumentsShorterThanWindow() {
    assertThatThrownBy(() -> DocumentStarts.find(new int[] {BOS, 1, 2}, BOS, BATCH))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("3 tokens of text: expected a document of at least 6 tokens");
    assertThatThrownBy(() -> DocumentStarts.find(documents(9), -1, BATCH))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("no BOS token");
  }
}
