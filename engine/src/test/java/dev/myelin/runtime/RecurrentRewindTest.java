package dev.myelin.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomSample;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Models with recurrent states continue from snapshots of them, with the bits of a new sequence.
 */
class RecurrentRewindTest {
  private static final int VOCABULARY = 320;
  private static final int CONTEXT = 512;
  private static final int SEQUENCES = 3;
  private static final int STEPS = 25;
  private static final int PAGE = 64;
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withContextLength(CONTEXT).withThreads(1);

  @TempDir static Path folder;

  private static Model load(String architecture) {
    RandomSample sample =
        new RandomSample(architecture, ModelDescription.samples(architecture).getLast());
    return Model.load(sample.write(folder.resolve(architecture + ".gguf")));
  }

  private static RuntimeOptions options(Model model, int snapshots) {
    return RuntimeOptions.defaults()
        .withContextLength(CONTEXT)
        .withThreads(1)
        .withBatch(100)
        .withSequences(SEQUENCES)
        .withSnapshotBytes(snapshots * model.info().states().recurrentBytes());
  }

  private static int[] append(int[] a, int... b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  @ParameterizedTest
  @CsvSource({
    "mamba2, 0", "mamba2, 2", "mamba2, 30",
    "falcon-h1, 1", "falcon-h1, 4", "falcon-h1, 30",
    "qwen3next, 0", "qwen3next, 3", "qwen3next, 30"
  })
  void bitsAreThoseOfANewSequence(String architecture, int snapshots) {
    try (Model model = load(architecture);
        Session fresh = Session.open(model, OPTIONS.withSnapshotBytes(0))) {
      assertThat(fresh.batchDependence()).isEmpty();
      RuntimeOptions options = options(model, snapshots);
      try (ModelRuntime runtime = ModelRuntime.open(model, options)) {
        change(runtime, snapshots, fresh, 1);
      }
      try (ModelRuntime runtime =
          ModelRuntime.exclusive(
              model, options.withKeepsPrefixes(false), ActivationObserver.NONE)) {
        change(runtime, snapshots, fresh, 2);
      }
    }
  }

  private static void change(ModelRuntime runtime, int snapshots, Session fresh, long seed) {
    Random random = new Random(seed);
    List<Session> open = new ArrayList<>(List.of(Session.open(runtime)));
    for (int step = 0; step < STEPS; step++) {
      Session session = open.get(random.nextInt(open.size()));
      int length = session.position();
      int[] expected = session.tokens();
      float[] logits;
      if (random.nextInt(4) == 0) {
        change(runtime, open, random);
        continue;
      }
      if (length > 1 && random.nextInt(6) == 0) {
        int from = random.nextInt(length - 1);
        int to = from + random.nextInt(length - from);
        logits = Logits.copy(session.remove(from, to));
        expected = append(Arrays.copyOf(expected, from), Arrays.copyOfRange(expected, to, length));
      } else {
        int kept = random.nextBoolean() ? length : random.nextInt(length + 1);
        kept = Math.min(kept, CONTEXT - 1);
        int most = Math.min(CONTEXT - kept, random.nextBoolean() ? 3 : 200);
        // two texts, so that sequences have common beginnings
        int[] text = Logits.randomTokens(CONTEXT, VOCABULARY, random.nextInt(4) == 0 ? 1 : 2);
        int[] more = Arrays.copyOfRange(text, kept, kept + 1 + random.nextInt(most));
        expected = append(Arrays.copyOf(expected, kept), more);
        if (random.nextBoolean()) {
          session.truncate(kept);
          logits = Logits.copy(session.feed(more));
        } else {
          logits = Logits.copy(session.sync(expected));
        }
      }
      assertThat(session.tokens()).isEqualTo(expected);
      fresh.truncate(0);
      assertThat(logits)
          .as("step %s, %s tokens", step, expected.length)
          .isEqualTo(Logits.copy(fresh.feed(expected)));
      assertThat(runtime.usage().snapshots()).isLessThanOrEqualTo(snapshots);
    }
    open.forEach(Session::close);
    if (runtime.isExclusive()) {
      assertThat(runtime.usage().snapshots()).as("when all are closed").isZero();
    }
  }

  private static void change(ModelRuntime runtime, List<Session> open, Random random) {
    if (open.size() < SEQUENCES) {
      Session any = open.get(random.nextInt(open.size()));
      open.add(random.nextInt(3) == 0 ? Session.open(runtime) : any.fork());
    } else {
      open.remove(random.nextInt(open.size())).close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba2", "falcon-h1", "qwen3next"})
  void rewindComputesWhatFollowsTheNearestSnapshot(String architecture) {
    int[] tokens = Logits.randomTokens(CONTEXT, VOCABULARY, 3);
    try (Model model = load(architecture);
        Session session = Session.open(model, OPTIONS.withBatch(PAGE))) {
      for (int back : new int[] {3, 60, 64, 100, 200, 400, CONTEXT}) {
        session.truncate(0);
        session.feed(tokens);
        int kept = CONTEXT - back;
        session.truncate(kept);
        long computed = computed(session);
        session.feed(7);
        long again = computed(session) - computed - 1;
        assertThat(again).as("%s tokens back", back).isLessThan(back + PAGE);
        // where there was none, there is one now
        session.feed(Arrays.copyOfRange(tokens, kept, CONTEXT - 1));
        session.truncate(kept);
        computed = computed(session);
        session.feed(8);
        assertThat(computed(session) - computed - 1).isLessThanOrEqualTo(again);
      }
    }
  }

  private static long computed(Session session) {
    return session.runtime().usage().tokens();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba2", "falcon-h1", "qwen3next"})
  void replyIsGeneratedAgainFromTheEndOfItsPrompt(String architecture) {
    int[] prompt = Logits.randomTokens(300, VOCABULARY, 4);
    try (Model model = load(architecture);
        Session session = Session.open(model, OPTIONS)) {
      float[] first = Logits.copy(session.feed(prompt));
      for (int i = 0; i < 150; i++) {
        session.feed(i);
      }
      long computed = computed(session);
      assertThat(Logits.copy(session.sync(prompt))).isEqualTo(first);
      assertThat(computed(session) - computed).isEqualTo(300 - 300 / PAGE * PAGE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba2", "falcon-h1", "qwen3next"})
  void laterSequenceContinuesInTheMiddleOfAPrompt(String architecture) {
    int[] prompt = Logits.randomTokens(500, VOCABULARY, 5);
    int[] other = prompt.clone();
    other[400] = 7;
    try (Model model = load(architecture);
        Session fresh = Session.open(model, OPTIONS);
        ModelRuntime runtime = ModelRuntime.open(model, options(model, 30).withBatch(2 * PAGE))) {
      try (Session first = Session.open(runtime)) {
        first.feed(prompt);
      }
      long computed = runtime.usage().tokens();
      try (Session second = Session.open(runtime)) {
        assertThat(Logits.copy(second.feed(other))).isEqualTo(Logits.copy(fresh.feed(other)));
      }
      assertThat(runtime.usage().tokens() - computed).isLessThanOrEqualTo(500 - 2 * PAGE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mamba2", "falcon-h1", "qwen3next"})
  void fileOfASessionThatWentBackHasItsStates(String architecture) {
    int[] tokens = Logits.randomTokens(200, VOCABULARY, 6);
    Path file = folder.resolve(architecture + ".snapshot");
    try (Model model = load(architecture);
        Session session = Session.open(model, OPTIONS.withBatch(PAGE));
        Session restored = Session.open(model, OPTIONS)) {
      session.feed(tokens);
      session.truncate(2 * PAGE);
      session.save(file);
      restored.restore(file);
      assertThat(Logits.copy(restored.feed(9))).isEqualTo(Logits.copy(session.feed(9)));
      assertThat(computed(restored)).isEqualTo(1);
    }
  }
}
