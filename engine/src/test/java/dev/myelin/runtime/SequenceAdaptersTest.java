package dev.myelin.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
