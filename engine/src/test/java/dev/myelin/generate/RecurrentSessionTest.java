package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomSample;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A recurrent state is that of one position: a session that goes back to an earlier one computes
 * its tokens again.
 */
class RecurrentSessionTest {
  private static final int TOKENS = 50;
  private static final SessionOptions OPTIONS = SessionOptions.defaults().withThreads(1);

  @TempDir static Path folder;

  private static Model load(String architecture) {
    RandomSample sample =
        new RandomSample(architecture, ModelDescription.samples(architecture).getFirst());
    return Model.load(sample.write(folder.resolve("model.gguf")));
  }

  /** The logits of {@code next} after {@code prefix}, in a new session. */
  private static float[][] afresh(Model model, int[] prefix, int[] next) {
    try (Session session = Session.open(model, OPTIONS.withBatch(16))) {
      if (prefix.length > 0) {
        session.feed(prefix);
      }
      return Logits.myelin(session, next, next.length).rows();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba2", "falcon-h1", "qwen3next"})
  void goesBack(String architecture) {
    int[] tokens = Logits.randomTokens(TOKENS, 320, 1);
    int[] others = Logits.randomTokens(10, 320, 2);
    try (Model model = load(architecture);
        Session session = Session.open(model, OPTIONS.withBatch(16))) {
      for (int length : new int[] {TOKENS, TOKENS - 1, 20, 1, 0}) {
        session.truncate(0);
        session.feed(tokens);
        session.truncate(length);
        float[][] logits = Logits.myelin(session, others, others.length).rows();
        int[] prefix = Arrays.copyOf(tokens, length);
        assertThat(logits).as("after %s", length).isDeepEqualTo(afresh(model, prefix, others));
        assertThat(logits[0]).isNotEqualTo(afresh(model, others, others)[0]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba2", "falcon-h1", "qwen3next"})
  void repeatsAPrompt(String architecture) {
    int[] tokens = Logits.randomTokens(TOKENS, 320, 1);
    try (Model model = load(architecture);
        Session session = Session.open(model, OPTIONS.withBatch(16))) {
      float[] first = Logits.copy(session.feed(tokens));
      assertThat(Logits.copy(session.sync(tokens)))
          .usingComparatorWithPrecision(1e-5f)
          .containsExactly(first);
      assertThat(session.position()).isEqualTo(TOKENS);
    }
  }
}
