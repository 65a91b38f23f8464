package dev.myelin.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomSample;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A session that is restored has the same logits, bit for bit, as one that was never saved. */
class SnapshotTest {
  private static final int CONTEXT = 256;
  private static final int TOKENS = 170;
  private static final SessionOptions ONE =
      SessionOptions.defaults().withContextLength(CONTEXT).withThreads(1).withBatch(64);
  private static final RuntimeOptions MANY =
      RuntimeOptions.defaults().withContextLength(CONTEXT).withThreads(1).withSequences(3);

  private static final RandomSample LLAMA =
      new RandomSample("llama", ModelDescription.samples("llama").getFirst());

  @TempDir static Path folder;

  static List<RandomSample> samples() {
    return RandomSample.continued();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void continuesAfterARestart(RandomSample sample) {
    Path file = sample.write(folder.resolve("sample.gguf"));
    int[] tokens = Logits.randomTokens(TOKENS, (int) sample.sample().keys().get("vocab_size"), 3);
    Random random = new Random(sample.toString().hashCode());
    int at = 1 + random.nextInt(TOKENS - 1);
    Path alone = folder.resolve("alone.snapshot");
    Path shared = folder.resolve("shared.snapshot");
    float[][] expected;
    try (Model model = Model.load(file)) {
      try (Session session = Session.open(model, ONE)) {
        begin(session, tokens, at);
        session.save(alone);
        expected = rest(session, tokens);
      }
      try (ModelRuntime runtime = ModelRuntime.open(model, MANY);
          Session other = Session.open(runtime);
          Session session = Session.open(runtime)) {
        begin(other, Logits.randomTokens(100, model.info().vocabulary(), 4), 100);
        begin(session, tokens, at);
        session.save(shared);
      }
    }
    try (Model model = Model.load(file);
        Session session = Session.open(model, ONE.withBatch(512));
        Session fromShared = Session.open(model, ONE);
        ModelRuntime runtime = ModelRuntime.open(model, MANY);
        Session together = Session.open(runtime)) {
      session.restore(alone);
      assertThat(session.tokens()).isEqualTo(Arrays.copyOf(tokens, at));
      assertSameBits(rest(session, tokens), expected, sample + " at " + at);
      together.restore(alone);
      assertSameBits(rest(together, tokens), expected, sample + " in a shared runtime");
      if (session.batchDependence().isEmpty()) {
        fromShared.restore(shared);
        assertSameBits(rest(fromShared, tokens), expected, sample + " of a shared runtime");
      }
    }
  }

  private static void begin(Session session, int[] tokens, int count) {
    if (session.model().info().hasEncoder()) {
      session.encode(Arrays.copyOfRange(tokens, 10, 50));
    }
    session.feed(Arrays.copyOf(tokens, count));
  }

  /** The logits of all tokens that the session does not hold yet. */
  private static float[][] rest(Session session, int[] tokens) {
    int from = session.position();
    float[][] rows = new float[tokens.length - from][];
    session.feedAll(
        Arrays.copyOfRange(tokens, from, tokens.length),
        (position, logits) -> rows[position - from] = logits.toArray(ValueLayout.JAVA_FLOAT));
    return rows;
  }

  private static void assertSameBits(float[][] actual, float[][] expected, String what) {
    assertThat(actual).hasSameDimensionsAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(Arrays.equals(actual[i], expected[i])).as("%s: bits of row %s", what, i).isTrue();
    }
  }

  /** The states are those of a later token: all are computed again. */
  @ParameterizedTest
  @MethodSource("samples")
  void keepsTheTokensOfAShortenedSession(RandomSample sample) {
    Path file = sample.write(folder.resolve("sample.gguf"));
    Path snapshot = folder.resolve("shortened.snapshot");
    try (Model model = Model.load(file)) {
      int[] tokens = Logits.randomTokens(120, model.info().vocabulary(), 5);
      float[][] expected;
      try (Session session = Session.open(model, ONE)) {
        begin(session, tokens, 110);
        session.truncate(21);
        session.save(snapshot);
        expected = rest(session, tokens);
      }
      try (Session session = Session.open(model, ONE)) {
        session.restore(snapshot);
        assertThat(session.position()).isEqualTo(21);
        assertSameBits(rest(session, tokens), expected, sample.toString());
      }
    }
  }

  @Test
  void isRestoredIntoAnEmptySessionOnly() {
    Path snapshot = folder.resolve("llama.snapshot");
    try (Model model = Model.load(LLAMA.write(folder.resolve("m.gguf")));
        Session session = Session.open(model, ONE)) {
      session.feed(1, 2, 3);
      session.save(snapshot);
      assertThatThrownBy(() -> session.restore(snapshot))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("expected an empty one");
      session.truncate(0);
      session.restore(snapshot);
      assertThat(session.tokens()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void anEmptySessionCanBeSaved() {
    Path snapshot = folder.resolve("empty.snapshot");
    for (RandomSample sample : samples()) {
      if (!sample.architecture().matches("llama|mamba2")) {
        continue;
      }
      try (Model model = Model.load(sample.write(folder.resolve("m.gguf")));
          Session session = Session.open(model, ONE)) {
        session.save(snapshot);
        session.restore(snapshot);
        assertThat(session.position()).isZero();
        session.feed(1, 2, 3);
      }
    }
  }

  @Test
  void belongsToItsOwner() throws Exception {
    assumeTrue(
        folder.getFileSystem().supportedFileAttributeViews().contains("posix"),
        "a file system without POSIX permissions");
    Path snapshot = folder.resolve("private.snapshot");
    try (Model model = Model.load(LLAMA.write(folder.resolve("m.gguf")));
        Session session = Session.open(model, ONE)) {
      session.save(snapshot);
    }
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(snapshot)))
        .isEqualTo("rw-------");
  }
}
