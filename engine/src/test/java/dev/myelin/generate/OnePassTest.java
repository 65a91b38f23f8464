package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.evaluate.Normalization;
import dev.myelin.evaluate.Scorer;
import dev.myelin.model.Model;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.RandomModel;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A decoder whose attention is not causal: a sequence is computed in one pass. */
class OnePassTest {
  private static final int[] TOKENS = {1, 7, 3, 9, 2, 8};

  /** Of ggml's matmuls, whose sums depend on the number of outputs. */
  private static final Offset<Float> ROUNDING = within(1e-4f);

  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withContextLength(128).withBatch(64).withThreads(1);

  @TempDir static Path folder;

  private static Model model;

  @BeforeAll
  static void load() {
    Path file = folder.resolve("model.gguf");
    new ChangedModel(RandomModel.small("llama").writer().toBytes())
        .put("llama.attention.causal", false)
        .write(file);
    model = Model.load(file);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static float[] logits(Session session, int... tokens) {
    return session.feed(tokens).toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void earlierTokensDependOnLaterOnes() {
    float[][] rows = new float[TOKENS.length][];
    float[][] others = new float[TOKENS.length][];
    int[] changed = TOKENS.clone();
    changed[TOKENS.length - 1]++;
    try (Session session = Session.open(model, OPTIONS)) {
      session.feedAll(TOKENS, (i, row) -> rows[i] = row.toArray(ValueLayout.JAVA_FLOAT));
      session.truncate(0);
      session.feedAll(changed, (i, row) -> others[i] = row.toArray(ValueLayout.JAVA_FLOAT));
      assertThat(rows[0]).isNotEqualTo(others[0]);
      session.truncate(0);
      assertThat(logits(session, TOKENS)).containsExactly(rows[TOKENS.length - 1], ROUNDING);
      // no prefix is reused: all tokens would change
      assertThat(session.commonPrefix(changed)).isZero();
      assertThat(session.sync(changed).toArray(ValueLayout.JAVA_FLOAT))
          .containsExactly(others[TOKENS.length - 1], ROUNDING);
    }
  }

  @Test
  void aKnownBeginningIsComputedAgain() {
    int[] first = new int[100];
    int[] second = new int[100];
    for (int i = 0; i < first.length; i++) {
      first[i] = i;
      second[i] = i < 90 ? i : i + 1;
    }
    RuntimeOptions shared =
        RuntimeOptions.defaults().withContextLength(128).withThreads(1).withKeepsPrefixes(true);
    try (ModelRuntime runtime = ModelRuntime.open(model, shared);
        Session one = Session.open(model, OPTIONS.withBatch(128));
        Session session = Session.open(runtime)) {
      logits(session, first);
      session.truncate(0);
      assertThat(logits(session, second)).isEqualTo(logits(one, second));
      assertThat(runtime.usage().prefixPages()).isZero();
    }
  }

  @Test
  void partsOfASequenceAreRefused() {
    try (Session session = Session.open(model, OPTIONS)) {
      assertRefused(() -> session.feed(new int[65]), "65 tokens: this model needs all of them");
      float[] expected = logits(session, TOKENS);
      assertRefused(() -> session.feed(1), "tokens after position 6: ");
      assertRefused(() -> session.feedBatch(new int[] {1}, 1), "tokens after position 6: ");
      assertRefused(() -> session.feedAll(new int[] {1}, (i, row) -> {}), "after position 6: ");
      assertRefused(() -> session.remove(1, 2), "tokens after position 1: ");
      assertThat(session.tokens()).isEqualTo(TOKENS);
      session.truncate(2);
      assertRefused(() -> session.feed(1), "tokens after position 2: ");
      session.truncate(0);
      assertThat(logits(session, TOKENS)).isEqualTo(expected);
    }
  }

  @Test
  void predictsNoNextToken() {
    String reason = "this model predicts no next token: key llama.attention.causal = false";
    assertRefused(() -> Generator.open(model, OPTIONS, model.sampling().options()), reason);
    try (Session session = Session.open(model, OPTIONS)) {
      assertRefused(() -> new Scorer(session, Normalization.MEAN, false), reason);
    }
  }

  private static void assertRefused(Runnable call, String reason) {
    assertThatThrownBy(call::run)
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining(reason);
  }
}
