package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.MatmulInput;
import dev.myelin.graph.Threads;
import dev.myelin.model.Model;
import dev.myelin.runtime.ActivationObserver;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a session rejects, and that its logits depend on its tokens only. */
class SessionTest {
  private static final int CONTEXT = 300;
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults()
          .withContextLength(CONTEXT)
          .withThreads(1)
          .withCacheType(CacheType.F32);

  @TempDir static Path folder;
  private static Path file;
  private static Model model;

  @BeforeAll
  static void load() {
    file = RandomModel.small("llama").write(folder.resolve("llama.gguf"));
    model = Model.load(file);
  }

  @AfterAll
  static void unload() {
    model.close();
  }

  @Test
  void rejectsEmptyInput() {
    try (Session session = Session.open(model, OPTIONS)) {
      assertThatThrownBy(session::feed)
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("no tokens to feed");
      assertThatThrownBy(() -> session.sync(new int[0]))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("no tokens to feed");
      assertThat(session.position()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MIN_VALUE, 320, Integer.MAX_VALUE})
  void rejectsInvalidTokenIdsBeforeComputing(int id) {
    try (Session session = Session.open(model, OPTIONS)) {
      session.feed(1, 2, 3);
      assertThatThrownBy(() -> session.feed(4, 5, id))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("token id " + id + ": the vocabulary has 0 to 319");
      assertThatThrownBy(() -> session.sync(new int[] {1, 9, id}))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("token id " + id);
      assertThat(session.tokens()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void survivesExceptionOfObserver() {
    List<String> weights = new ArrayList<>();
    ActivationObserver failing =
        new ActivationObserver() {
          @Override
          public boolean observes(String weight) {
            weights.add(weight);
            if (weights.contains("fail")) {
              throw new IllegalStateException("on purpose");
            }
            return false;
          }

          @Override
          public void onBatch(List<MatmulInput> observations) {}
        };
    try (Session session = Session.open(model, OPTIONS, failing);
        Session other = Session.open(model, OPTIONS)) {
      for (int[] shape : new int[][] {{1}, {1, 2}}) {
        session.truncate(0);
        session.feed(shape);
        weights.add("fail");
        // other shapes of both graphs: more cells, more tokens
        assertThatThrownBy(() -> session.feedAll(new int[] {1, 2, 3}, (position, logits) -> {}))
            .hasMessage("on purpose");
        assertThatThrownBy(() -> session.feedBatch(new int[] {1, 2, 3, 4}, 2))
            .hasMessage("on purpose");
        weights.clear();
        session.truncate(0);
        other.truncate(0);
        assertThat(Logits.copy(session.feed(shape))).isEqualTo(Logits.copy(other.feed(shape)));
      }
    }
  }

  @Test
  void rejectsTokensBeyondContext() {
    int[] tokens = Logits.randomTokens(CONTEXT, 320, 1);
    try (Session session = Session.open(model, OPTIONS)) {
      assertThatThrownBy(() -> session.feed(new int[CONTEXT + 1]))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("301 tokens at position 0 do not fit into a context of 300");
      float[] last = Logits.copy(session.feed(tokens));
      assertThat(session.position()).isEqualTo(CONTEXT);
      assertThatThrownBy(() -> session.feed(1))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("1 tokens at position 300 do not fit into a context of 300");
      session.truncate(CONTEXT - 1);
      assertClose(Logits.copy(session.feed(tokens[CONTEXT - 1])), last);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 4, Integer.MAX_VALUE})
  void rejectsInvalidTruncation(int length) {
    try (Session session = Session.open(model, OPTIONS)) {
      session.feed(1, 2, 3);
      assertThatThrownBy(() -> session.truncate(length))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("truncate to " + length + ": the session holds 3 tokens");
    }
  }

  @Test
  void rejectsInvalidOptions() {
    SessionOptions o = OPTIONS;
    assertThatThrownBy(() -> o.withContextLength(-1)).hasMessageContaining("context = -1");
    assertThatThrownBy(() -> o.withBatch(0)).hasMessageContaining("batch = 0");
    assertThatThrownBy(() -> o.withThreads(-1)).hasMessageContaining("threads = -1");
    assertThatThrownBy(() -> Session.open(model, o.withThreads(513)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage(
            "threads = 513: expected 0 to 512; this process may use %d core%s",
            Threads.cores(), Threads.cores() == 1 ? "" : "s");
  }

  @Test
  void limitsThreadsToCoresUnlessForced() {
    int cores = Threads.cores();
    SessionOptions more = OPTIONS.withThreads(cores + 1);
    assumeTrue(cores < Threads.MAX, "as many cores as the most threads");
    try (Session clamped = Session.open(model, more);
        Session forced = Session.open(model, more.withForceThreads(true))) {
      assertThat(clamped.options().threads()).isEqualTo(cores);
      assertThat(forced.options().threads()).isEqualTo(cores + 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MAX_VALUE, Integer.MAX_VALUE - 255, 1 << 30})
  void rejectsContextLargerThanMemory(int context) {
    assertThatThrownBy(() -> Session.open(model, OPTIONS.withContextLength(context)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("context = " + context);
  }

  @Test
  void rejectsQuantizedCacheForHeadSizeNotMultipleOfBlock() {
    RandomModel odd =
        RandomModel.small("llama").withShape(Shape.SMALL.withHeads(8, 2, 24).withLayers(1));
    try (Model m = Model.load(odd.write(folder.resolve("odd.gguf")))) {
      assertThatThrownBy(() -> Session.open(m, OPTIONS.withCacheType(CacheType.Q8_0)))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("heads of 24 values");
      try (Session session = Session.open(m, OPTIONS)) {
        assertThat(Logits.copy(session.feed(1))).hasSize(320);
      }
    }
  }

  @Test
  void rejectsContextBeyondLearnedPositions() {
    RandomModel gpt2 = RandomModel.small("gpt2");
    try (Model m = Model.load(gpt2.write(folder.resolve("gpt2.gguf")))) {
      assertThatThrownBy(() -> Session.open(m, OPTIONS.withContextLength(513)))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("context = 513: this model has learned 512 positions");
    }
  }

  @Test
  void rejectsUseAfterClose() {
    Session session = Session.open(model, OPTIONS);
    MemorySegment logits = session.feed(1, 2);
    session.close();
    session.close();
    List<Runnable> uses =
        List.of(
            () -> session.feed(1),
            () -> session.feedAll(new int[] {1}, (at, l) -> {}),
            () -> session.sync(new int[] {1}),
            () -> session.truncate(0),
            () -> session.commonPrefix(new int[] {1}),
            session::tokens);
    for (Runnable use : uses) {
      assertThatThrownBy(use::run)
          .isInstanceOf(IllegalUseException.class)
          .hasMessage("the session is closed");
    }
    assertThatThrownBy(() -> logits.get(ValueLayout.JAVA_FLOAT, 0))
        .isInstanceOf(IllegalStateException.class);
    session.cancel();
    session.resume();
  }

  @Test
  void rejectsUseAfterModelIsClosed() {
    Model own = Model.load(file);
    Session session = Session.open(own, OPTIONS);
    session.feed(1, 2);
    own.close();
    own.close();
    assertThatThrownBy(() -> session.feed(3))
        .isInstanceOf(IllegalUseException.class)
        .hasMessage("the session's model is closed");
    assertThatThrownBy(() -> Session.open(own, OPTIONS)).isInstanceOf(IllegalUseException.class);
    assertThatThrownBy(own::tokenizer).isInstanceOf(IllegalUseException.class);
    session.close();
    session.close();
  }

  @Test
  void logitsBecomeInvalidWhenTheirMemoryMoves() {
    try (Session session = Session.open(model, OPTIONS)) {
      MemorySegment first = session.feed(1);
      // a larger batch needs a larger buffer
      session.feed(2, 3, 4, 5, 6, 7, 8, 9);
      assertThatThrownBy(() -> first.get(ValueLayout.JAVA_FLOAT, 0))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void logitsBecomeInvalidWithTheirSession() {
    MemorySegment logits;
    try (Session session = Session.open(model, OPTIONS)) {
      logits = session.feed(1, 2, 3);
    }
    assertThatThrownBy(() -> logits.get(ValueLayout.JAVA_FLOAT, 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void rejectsReentrantUseFromSink() {
    try (Session session = Session.open(model, OPTIONS)) {
      List<Throwable> thrown = new ArrayList<>();
      List<Runnable> uses =
          List.of(
              () -> session.feed(1, 2), () -> session.truncate(0), session::close, session::tokens);
      session.feedAll(
          new int[] {1, 2, 3},
          (at, logits) -> {
            for (Runnable use : uses) {
              try {
                use.run();
              } catch (IllegalUseException e) {
                thrown.add(e);
              }
            }
            assertThat(Logits.copy(logits)).hasSize(320);
          });
      assertThat(thrown).hasSize(3 * uses.size());
      assertThat(session.position()).isEqualTo(3);
    }
  }

  @Test
  void survivesExceptionOfSink() {
    int[] tokens = {5, 6, 7};
    try (Session session = Session.open(model, OPTIONS)) {
      assertThatThrownBy(
              () ->
                  session.feedAll(
                      tokens,
                      (at, logits) -> {
                        throw new IllegalArgumentException("enough");
                      }))
          .hasMessage("enough");
      float[] after = Logits.copy(session.sync(new int[] {5, 6, 7, 8}));
      assertClose(after, freshLogits(5, 6, 7, 8));
    }
  }

  @Test
  void logitsDoNotDependOnBatchesOrThreads() {
    int[] tokens = Logits.randomTokens(290, 320, 3);
    Logits expected;
    try (Session session = Session.open(model, OPTIONS)) {
      expected = Logits.myelin(session, tokens, tokens.length);
    }
    for (int batch : new int[] {1, 7, 256, 257, 1000}) {
      try (Session session = Session.open(model, OPTIONS.withBatch(batch))) {
        Logits logits = Logits.myelin(session, tokens, 100);
        assertThat(logits.nmse(expected)).as("batch %d", batch).isLessThan(1e-9);
      }
    }
    for (int threads : new int[] {2, 3, 5}) {
      try (Session session =
          Session.open(model, OPTIONS.withThreads(threads).withForceThreads(true))) {
        Logits logits = Logits.myelin(session, tokens, tokens.length);
        assertThat(logits.nmse(expected)).as("%d threads", threads).isLessThan(1e-9);
      }
    }
  }

  @Test
  void feedReturnsLastLogitsOfFeedAll() {
    int[] tokens = Logits.randomTokens(20, 320, 4);
    try (Session one = Session.open(model, OPTIONS);
        Session all = Session.open(model, OPTIONS)) {
      Logits every = Logits.myelin(all, tokens, tokens.length);
      assertClose(Logits.copy(one.feed(tokens)), every.rows()[19]);
      assertThat(one.tokens()).isEqualTo(tokens).isEqualTo(all.tokens());
    }
  }

  @Test
  void syncMatchesFreshSession() {
    int[] story = Logits.randomTokens(40, 320, 5);
    int[] other = story.clone();
    other[25] = (other[25] + 1) % 320;
    try (Session session = Session.open(model, OPTIONS)) {
      session.feed(story);
      assertThat(session.commonPrefix(other)).isEqualTo(25);
      assertClose(Logits.copy(session.sync(other)), freshLogits(other));
      assertThat(session.tokens()).isEqualTo(other);
      // a prefix of the held tokens, twice
      int[] start = Arrays.copyOf(other, 10);
      assertClose(Logits.copy(session.sync(start)), freshLogits(start));
      assertClose(Logits.copy(session.sync(start)), freshLogits(start));
      assertThat(session.position()).isEqualTo(10);
      assertClose(Logits.copy(session.sync(story)), freshLogits(story));
    }
  }

  @Test
  void rejectedSyncLeavesSessionUnchanged() {
    int[] story = Logits.randomTokens(40, 320, 6);
    try (Session session = Session.open(model, OPTIONS)) {
      session.feed(story);
      assertThatThrownBy(() -> session.sync(new int[CONTEXT + 1]))
          .isInstanceOf(InvalidRequestException.class);
      assertThat(session.tokens()).isEqualTo(story);
    }
  }

  @Test
  void feedBatchComputesLogitsOfLastTokens() {
    int[] tokens = Logits.randomTokens(20, 320, 3);
    try (Session all = Session.open(model, OPTIONS);
        Session last = Session.open(model, OPTIONS.withBatch(20))) {
      float[][] expected = Logits.myelin(all, tokens, 20).rows();
      for (int outputs : new int[] {1, 7, 20}) {
        last.truncate(0);
        float[] rows = last.feedBatch(tokens, outputs).toArray(ValueLayout.JAVA_FLOAT);
        assertThat(rows).hasSize(outputs * 320);
        for (int i = 0; i < outputs; i++) {
          float[] row = Arrays.copyOfRange(rows, i * 320, (i + 1) * 320);
          assertClose(row, expected[20 - outputs + i]);
        }
      }
      last.truncate(0);
      for (int outputs : new int[] {0, -1, 21}) {
        assertThatThrownBy(() -> last.feedBatch(tokens, outputs))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining("20 tokens, logits of " + outputs + ": expected at most 20");
      }
      assertThatThrownBy(() -> last.feedBatch(new int[21], 1))
          .hasMessageContaining("21 tokens, logits of 1: expected at most 20 tokens");
      assertThat(last.position()).isZero();
    }
  }

  private static float[] freshLogits(int... tokens) {
    try (Session session = Session.open(model, OPTIONS)) {
      return Logits.copy(session.feed(tokens));
    }
  }

  private static void assertClose(float[] logits, float[] expected) {
    double nmse = new Logits(new float[][] {logits}).nmse(new Logits(new float[][] {expected}));
    assertThat(nmse).isLessThan(1e-9);
  }
}
