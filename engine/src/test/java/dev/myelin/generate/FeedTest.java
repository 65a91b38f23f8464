package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.error.CancelledException;
import dev.myelin.error.CapacityException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.Model;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.runtime.RuntimeUsage;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomSample;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Several sessions that one thread has computed together. */
class FeedTest {
  private static final int[] LENGTHS = {1, 5, 40, 64, 70};

  @TempDir static Path folder;
  private static Path llama;

  @BeforeAll
  static void write() {
    llama = RandomModel.small("llama").write(folder.resolve("llama.gguf"));
  }

  private static SessionOptions options(int batch) {
    return SessionOptions.defaults().withContextLength(128).withThreads(1).withBatch(batch);
  }

  /** CompanyTest compares logits. */
  static List<RandomSample> samples() {
    return RandomSample.ofEachArchitecture();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void hiddenStatesAreThoseOfEachAlone(RandomSample sample) {
    Path file = sample.write(folder.resolve("sample.gguf"));
    try (Model model = Model.load(file);
        Session one = Session.open(model, options(256));
        Session first = Session.open(model, options(256), LENGTHS.length)) {
      assumeTrue(model.info().hasHiddenStates(), "no hidden states");
      assumeTrue(one.batchDependence().isEmpty(), "not batch invariant");
      List<Session> all = new ArrayList<>(List.of(first));
      while (all.size() < LENGTHS.length) {
        all.add(first.fork());
      }
      List<Feed> feeds = new ArrayList<>();
      for (int i = 0; i < LENGTHS.length; i++) {
        int[] tokens = Logits.randomTokens(LENGTHS[i], model.info().vocabulary(), i);
        feeds.add(new Feed(all.get(i), tokens, i == 2 ? 1 : tokens.length));
      }
      List<float[]> together = floats(Feed.hidden(feeds));
      assertThat(first.runtime().usage().steps()).isLessThan(LENGTHS.length);
      int width = model.info().width();
      for (int i = 0; i < LENGTHS.length; i++) {
        float[] alone = new float[LENGTHS[i] * width];
        one.feedHidden(
            feeds.get(i).tokens(),
            (position, row) ->
                MemorySegment.copy(row, ValueLayout.JAVA_FLOAT, 0, alone, position * width, width));
        int from = alone.length - feeds.get(i).outputs() * width;
        assertThat(Arrays.equals(together.get(i), Arrays.copyOfRange(alone, from, alone.length)))
            .as("%s, sequence %s", sample, i)
            .isTrue();
      }
    }
  }

  private static List<float[]> floats(List<MemorySegment> outputs) {
    return outputs.stream().map(o -> o.toArray(ValueLayout.JAVA_FLOAT)).toList();
  }

  @Test
  void logitsAreThoseOfEachAloneInABatchAndInSeveral() {
    try (Model model = Model.load(llama)) {
      for (int batch : new int[] {300, 16}) {
        List<float[]> expected = new ArrayList<>();
        try (Session one = Session.open(model, options(batch))) {
          for (int length : LENGTHS) {
            one.truncate(0);
            expected.add(one.feed(tokens(length)).toArray(ValueLayout.JAVA_FLOAT));
          }
        }
        try (Session first = Session.open(model, options(batch), LENGTHS.length)) {
          assertTogether(first, forks(first), expected);
        }
        RuntimeOptions shared =
            RuntimeOptions.defaults().withContextLength(128).withThreads(1).withBatch(batch);
        try (ModelRuntime runtime = ModelRuntime.open(model, shared);
            Session first = Session.open(runtime)) {
          assertTogether(first, forks(first), expected);
          RuntimeUsage usage = runtime.usage();
          assertThat(usage.steps()).isLessThan(usage.pieces());
        }
      }
    }
  }

  private static int[] tokens(int length) {
    return Logits.randomTokens(length, 320, length);
  }

  private static List<Session> forks(Session first) {
    List<Session> all = new ArrayList<>(List.of(first));
    while (all.size() < LENGTHS.length) {
      all.add(first.fork());
    }
    return all;
  }

  private static void assertTogether(Session first, List<Session> all, List<float[]> expected) {
    List<Feed> feeds = new ArrayList<>();
    for (int i = 0; i < LENGTHS.length; i++) {
      feeds.add(new Feed(all.get(i), tokens(LENGTHS[i]), 1));
    }
    List<float[]> actual = floats(Feed.logits(feeds));
    for (int i = 0; i < LENGTHS.length; i++) {
      assertThat(actual.get(i)).as("sequence %s", i).isEqualTo(expected.get(i));
      assertThat(all.get(i).tokens()).isEqualTo(tokens(LENGTHS[i]));
    }
    // and each goes on by itself
    float[] next = first.feed(7).toArray(ValueLayout.JAVA_FLOAT);
    assertThat(next).hasSize(320).isNotEqualTo(actual.getFirst());
    all.stream().skip(1).forEach(Session::close);
  }

  @Test
  void truncatedSessionsGiveTheirMemoryBack() {
    RuntimeOptions two =
        RuntimeOptions.defaults()
            .withContextLength(128)
            .withThreads(1)
            .withSequences(2)
            .withKeepsPrefixes(false)
            .withCacheTokens(128);
    try (Model model = Model.load(llama);
        ModelRuntime runtime = ModelRuntime.open(model, two);
        Session one = Session.open(runtime);
        Session other = Session.open(runtime)) {
      one.feed(tokens(100));
      assertThatThrownBy(() -> other.feed(tokens(5)))
          .isInstanceOf(CapacityException.class)
          .hasMessageContaining("pages of 64 positions");
      one.truncate(64);
      assertThat(other.feed(tokens(5)).byteSize()).isEqualTo(320 * Float.BYTES);
      assertThatThrownBy(
              () ->
                  Feed.logits(List.of(new Feed(one, tokens(5), 1), new Feed(other, tokens(64), 1))))
          .isInstanceOf(CapacityException.class);
      assertThat(one.position()).isBetween(64, 69);
      other.truncate(0);
      one.truncate(64);
      assertThat(one.feed(tokens(5)).byteSize()).isEqualTo(320 * Float.BYTES);
    }
  }

  @Test
  void refusesSessionsThatCannotBeComputedTogether() {
    try (Model model = Model.load(llama);
        Session first = Session.open(model, options(16), 2);
        Session fork = first.fork();
        Session stranger = Session.open(model, options(16))) {
      int[] two = {1, 2};
      assertThatThrownBy(
              () -> Feed.logits(List.of(new Feed(first, two, 1), new Feed(stranger, two, 1))))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage(stranger + ": expected a session of the same runtime");
      assertThatThrownBy(
              () -> Feed.logits(List.of(new Feed(first, two, 1), new Feed(first, two, 1))))
          .isInstanceOf(IllegalUseException.class);
      for (int outputs : new int[] {0, 3}) {
        assertThatThrownBy(() -> Feed.logits(List.of(new Feed(first, two, outputs))))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining("2 tokens, logits of " + outputs);
      }
      assertThatThrownBy(() -> Feed.hidden(List.of(new Feed(first, new int[17], 2))))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("expected at most 16 tokens");
      assertThatThrownBy(() -> Feed.scores(List.of(new Feed(first, two, 1))))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("computes no scores");
      assertThatThrownBy(first::fork).isInstanceOf(CapacityException.class);
      fork.cancel();
      assertThatThrownBy(
              () -> Feed.logits(List.of(new Feed(first, two, 1), new Feed(fork, two, 1))))
          .isInstanceOf(CancelledException.class);
      fork.resume();
      assertThat(Feed.logits(List.of(new Feed(first, two, 1), new Feed(fork, two, 2)))).hasSize(2);
    }
  }
}
