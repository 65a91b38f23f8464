package dev.myelin.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.adapter.Adapter;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomAdapter;
import dev.myelin.testing.RandomSample;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SequenceAdaptersTest {
  private static final int[] PROMPT = Logits.randomTokens(150, 320, 1);

  @TempDir static Path folder;

  private static Path file;
  private static Path first;
  private static Path second;

  @BeforeAll
  static void write() {
    RandomSample sample = new RandomSample("llama", ModelDescription.samples("llama").getFirst());
    file = sample.write(folder.resolve("model.gguf"));
    first = RandomAdapter.ofRank(4).withAlpha(6).write(folder.resolve("a.gguf"), file);
    second = RandomAdapter.ofRank(3).withAlpha(2).write(folder.resolve("b.gguf"), file);
  }

  /** The last logits of a session that has the adapters to itself. */
  private static float[] alone(List<Adapter> adapters) {
    SessionOptions options = SessionOptions.defaults().withContextLength(256).withThreads(1);
    try (Model model = Model.load(file, adapters);
        Session session = Session.open(model, options)) {
      return session.feed(PROMPT).toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  @Test
  void eachSequenceHasItsOwn() throws Exception {
    List<List<Adapter>> choices =
        List.of(
            List.of(),
            List.of(Adapter.of(first)),
            List.of(new Adapter(first, 0.5f), new Adapter(second, 2)),
            List.of(new Adapter(second, -1)));
    RuntimeOptions options =
        RuntimeOptions.defaults().withContextLength(256).withThreads(1).withBatch(40);
    List<Adapter> loaded = List.of(Adapter.of(first), new Adapter(second, 0.25f));
    try (Model model = Model.load(file, loaded);
        ModelRuntime runtime = ModelRuntime.open(model, options);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<float[]>> all = new ArrayList<>();
      for (int round = 0; round < 2; round++) {
        for (List<Adapter> choice : choices) {
          all.add(
              threads.submit(
                  () -> {
                    try (Session session = Session.open(runtime, choice)) {
                      return session.feed(PROMPT).toArray(ValueLayout.JAVA_FLOAT);
                    }
                  }));
        }
      }
      for (int i = 0; i < all.size(); i++) {
        List<Adapter> choice = choices.get(i % choices.size());
        assertThat(all.get(i).get()).as("%s", choice).isEqualTo(alone(choice));
      }
      try (Session usual = Session.open(runtime);
          Session fork = usual.fork()) {
        assertThat(fork.feed(PROMPT).toArray(ValueLayout.JAVA_FLOAT)).isEqualTo(alone(loaded));
      }
      // the pages of one choice are not those of another
      assertThat(runtime.usage().prefixPages()).isEqualTo((choices.size() + 1) * (150 / 64));
    }
  }

  /** The last sample of each architecture whose sequences can be continued. */
  static Collection<RandomSample> samples() {
    Map<String, RandomSample> samples = new LinkedHashMap<>();
    for (RandomSample sample : RandomSample.continued()) {
      samples.put(sample.architecture(), sample);
    }
    return samples.values();
  }

  /** Sequences with different adapters in one step have the bits that they have alone. */
  @ParameterizedTest
  @MethodSource("samples")
  void otherAdaptersInTheBatch(RandomSample sample) throws Exception {
    Path model = sample.write(folder.resolve("sample.gguf"));
    int vocabulary = (int) sample.sample().keys().get("vocab_size");
    Path a = RandomAdapter.ofRank(4).write(folder.resolve("sample-a.gguf"), model);
    Path b = RandomAdapter.ofRank(3).withSeed(9).write(folder.resolve("sample-b.gguf"), model);
    List<List<Adapter>> choices =
        List.of(
            List.of(Adapter.of(a)),
            List.of(),
            List.of(new Adapter(a, 0.5f), new Adapter(b, 2)),
            List.of(Adapter.of(a)),
            List.of(new Adapter(b, -1)));
    RuntimeOptions options =
        RuntimeOptions.defaults()
            .withContextLength(256)
            .withThreads(1)
            .withBatch(32)
            .withSequences(choices.size());
    try (Model loaded = Model.load(model, List.of(Adapter.of(a), Adapter.of(b)))) {
      List<float[][]> alone = new ArrayList<>();
      try (ModelRuntime runtime = ModelRuntime.open(loaded, options)) {
        assumeTrue(runtime.batchDependence().isEmpty(), "not batch invariant");
        for (int i = 0; i < choices.size(); i++) {
          alone.add(logits(runtime, choices.get(i), i, vocabulary));
        }
      }
      try (ModelRuntime runtime = ModelRuntime.open(loaded, options);
          ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<float[][]>> together = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
          int n = i;
          together.add(threads.submit(() -> logits(runtime, choices.get(n), n, vocabulary)));
        }
        for (int i = 0; i < choices.size(); i++) {
          String what = sample + ", " + choices.get(i);
          CompanyTest.assertSameBits(together.get(i).get(), alone.get(i), what);
        }
        RuntimeUsage usage = runtime.usage();
        assertThat(usage.steps()).as("steps").isLessThan(usage.pieces());
      }
    }
  }

  /** A prompt of some tokens whose logits are all asked for, then a few tokens singly. */
  private static float[][] logits(
      ModelRuntime runtime, List<Adapter> adapters, int seed, int vocabulary) {
    int[] tokens = Logits.randomTokens(40 + seed, vocabulary, 30 + seed);
    List<float[]> rows = new ArrayList<>();
    try (Session session = Session.open(runtime, adapters)) {
      if (session.model().info().hasEncoder()) {
        session.encode(Logits.randomTokens(20 + seed, vocabulary, 60 + seed));
      }
      session.feedAll(
          Arrays.copyOf(tokens, 6),
          (position, logits) -> rows.add(logits.toArray(ValueLayout.JAVA_FLOAT)));
      int[] rest = Arrays.copyOfRange(tokens, 6, 38);
      rows.add(session.feed(rest).toArray(ValueLayout.JAVA_FLOAT));
      for (int i = 38; i < tokens.length; i++) {
        rows.add(session.feed(tokens[i]).toArray(ValueLayout.JAVA_FLOAT));
      }
    }
    return rows.toArray(float[][]::new);
  }

  @Test
  void otherAdaptersAreRefused() {
    try (Model model = Model.load(file, List.of(Adapter.of(first)));
        ModelRuntime runtime = ModelRuntime.open(model)) {
      assertThatThrownBy(() -> Session.open(runtime, List.of(Adapter.of(second))))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("adapter " + second + ": the model was loaded without it");
    }
  }
}
