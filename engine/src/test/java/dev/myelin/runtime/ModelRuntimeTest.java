package dev.myelin.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.CancelledException;
import dev.myelin.error.CapacityException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelDescription;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomSample;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelRuntimeTest {
  private static final int VOCABULARY = 320;
  private static final int CONTEXT = 512;
  private static final int PAGE = 64;
  private static final RuntimeOptions OPTIONS =
      RuntimeOptions.defaults().withContextLength(CONTEXT).withThreads(1).withSequences(4);

  @TempDir static Path folder;

  private static Model llama;
  private static Model gemma;
  private static Model mamba;

  @BeforeAll
  static void load() {
    llama = load("llama");
    gemma = load("gemma3");
    mamba = load("mamba2");
  }

  private static Model load(String architecture) {
    RandomSample sample =
        new RandomSample(architecture, ModelDescription.samples(architecture).getFirst());
    return Model.load(sample.write(folder.resolve(architecture + ".gguf")));
  }

  @AfterAll
  static void close() {
    for (Model model : Arrays.asList(llama, gemma, mamba)) {
      if (model != null) {
        model.close();
      }
    }
  }

  private static List<Model> models() {
    return List.of(llama, gemma, mamba);
  }

  private static int[] tokens(int count, long seed) {
    return Logits.randomTokens(count, VOCABULARY, seed);
  }

  private static float[] copy(MemorySegment logits) {
    return logits.toArray(ValueLayout.JAVA_FLOAT);
  }

  /** The logits of the last token, computed alone. */
  private static float[] alone(Model model, int... tokens) {
    SessionOptions options = SessionOptions.defaults().withContextLength(CONTEXT).withThreads(1);
    try (Session session = Session.open(model, options)) {
      return copy(session.feed(tokens));
    }
  }

  private static int[] concat(int[] a, int... b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  @Test
  void promptThatIsKnownIsNotComputedAgain() {
    for (Model model : models()) {
      try (ModelRuntime runtime = ModelRuntime.open(model, OPTIONS)) {
        int[] prompt = tokens(200, 1);
        try (Session first = Session.open(runtime)) {
          first.feed(prompt);
        }
        long computed = runtime.usage().tokens();
        try (Session second = Session.open(runtime)) {
          float[] logits = copy(second.feed(concat(prompt, 7, 8)));
          assertThat(logits).isEqualTo(alone(model, concat(prompt, 7, 8)));
          assertThat(second.tokens()).isEqualTo(concat(prompt, 7, 8));
        }
        assertThat(runtime.usage().tokens() - computed).isEqualTo(202 - 200 / PAGE * PAGE);
        assertThat(runtime.usage().prefixPages()).isEqualTo(200 / PAGE);
      }
    }
  }

  @Test
  void samePromptOfManySequencesIsComputedOnce() throws Exception {
    for (Model model : models()) {
      int[] prompt = tokens(300, 2);
      RuntimeOptions options = OPTIONS.withSequences(8).withBatch(100);
      try (ModelRuntime runtime = ModelRuntime.open(model, options);
          ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<float[]>> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          int last = i;
          all.add(
              threads.submit(
                  () -> {
                    try (Session session = Session.open(runtime)) {
                      return copy(session.feed(concat(prompt, last)));
                    }
                  }));
        }
        for (int i = 0; i < 8; i++) {
          assertThat(all.get(i).get()).isEqualTo(alone(model, concat(prompt, i)));
        }
        long shared = 300 / PAGE * PAGE;
        assertThat(runtime.usage().tokens()).isEqualTo(shared + 8 * (301 - shared));
      }
    }
  }

  @Test
  void forksShareWhatTheyHaveAndDifferAfterwards() {
    for (Model model : models()) {
      for (boolean keepsPrefixes : new boolean[] {false, true}) {
        RuntimeOptions options = OPTIONS.withKeepsPrefixes(keepsPrefixes);
        try (ModelRuntime runtime = ModelRuntime.open(model, options);
            Session session = Session.open(runtime)) {
          int[] prompt = tokens(150, 3);
          session.feed(prompt);
          int pages = runtime.usage().pages();
          try (Session fork = session.fork();
              Session second = fork.fork()) {
            assertThat(runtime.usage().pages()).isEqualTo(pages);
            float[] a = copy(fork.feed(1, 2, 3));
            float[] b = copy(session.feed(4, 5, 6));
            float[] c = copy(second.feed(1, 9));
            assertThat(a).isEqualTo(alone(model, concat(prompt, 1, 2, 3)));
            assertThat(b).isEqualTo(alone(model, concat(prompt, 4, 5, 6)));
            assertThat(c).isEqualTo(alone(model, concat(prompt, 1, 9)));
            float[] again = copy(fork.feed(11));
            assertThat(again).isEqualTo(alone(model, concat(prompt, 1, 2, 3, 11)));
          }
        }
      }
    }
  }

  @Test
  void rewindsAndRemovalsAreExact() {
    for (Model model : models()) {
      try (ModelRuntime runtime = ModelRuntime.open(model, OPTIONS);
          Session session = Session.open(runtime)) {
        int[] prompt = tokens(260, 4);
        session.feed(prompt);
        session.truncate(130);
        float[] rewound = copy(session.feed(5, 6));
        assertThat(rewound).isEqualTo(alone(model, concat(Arrays.copyOf(prompt, 130), 5, 6)));
        float[] shifted = copy(session.remove(10, 100));
        int[] kept = concat(Arrays.copyOf(prompt, 10), Arrays.copyOfRange(prompt, 100, 130));
        assertThat(shifted).isEqualTo(alone(model, concat(kept, 5, 6)));
        assertThat(session.tokens()).isEqualTo(concat(kept, 5, 6));
        assertThatThrownBy(() -> session.remove(3, session.position()))
            .isInstanceOf(InvalidRequestException.class)
            .hasMessageContaining("keeps the last one");
      }
    }
  }

  @Test
  void outOfPagesOneSequenceFailsAndOthersGoOn() {
    RuntimeOptions options = OPTIONS.withCacheTokens(CONTEXT);
    try (ModelRuntime runtime = ModelRuntime.open(llama, options);
        Session first = Session.open(runtime);
        Session second = Session.open(runtime)) {
      int[] prompt = tokens(400, 5);
      first.feed(prompt);
      assertThatThrownBy(() -> second.feed(tokens(200, 6)))
          .isInstanceOf(CapacityException.class)
          .hasMessageContaining("pages of 64 positions needed")
          .hasMessageContaining("of 8 free");
      float[] logits = copy(first.feed(1));
      assertThat(logits).isEqualTo(alone(llama, concat(prompt, 1)));
      second.truncate(0);
      first.truncate(10);
      first.feed(2);
      assertThat(copy(second.feed(tokens(200, 6)))).isEqualTo(alone(llama, tokens(200, 6)));
    }
  }

  @Test
  void oldPrefixesGiveWayToNewSequences() {
    RuntimeOptions options = OPTIONS.withCacheTokens(CONTEXT);
    for (Model model : models()) {
      try (ModelRuntime runtime = ModelRuntime.open(model, options)) {
        for (int i = 0; i < 6; i++) {
          try (Session session = Session.open(runtime)) {
            int[] prompt = tokens(300, 10 + i);
            assertThat(copy(session.feed(prompt))).isEqualTo(alone(model, prompt));
          }
        }
      }
    }
  }

  @Test
  void limitsSequences() {
    try (ModelRuntime runtime = ModelRuntime.open(llama, OPTIONS.withSequences(2));
        Session first = Session.open(runtime)) {
      Session second = Session.open(runtime);
      assertThatThrownBy(() -> Session.open(runtime))
          .isInstanceOf(CapacityException.class)
          .hasMessage("out of memory for sequences: 1 sequences needed, 0 of 2 free");
      assertThatThrownBy(first::fork).isInstanceOf(CapacityException.class);
      second.close();
      first.fork().close();
    }
  }

  @Test
  void closedRuntimeEndsItsSessions() throws Exception {
    ModelRuntime runtime = ModelRuntime.open(llama, OPTIONS);
    Session session = Session.open(runtime);
    session.feed(1, 2);
    CountDownLatch begun = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> running =
          threads.submit(
              () -> {
                while (true) {
                  session.truncate(0);
                  session.feed(tokens(400, 7));
                  begun.countDown();
                }
              });
      begun.await();
      runtime.close();
      assertThatThrownBy(running::get)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(IllegalUseException.class);
    }
    assertThatThrownBy(() -> session.feed(3))
        .isInstanceOf(IllegalUseException.class)
        .hasMessage("the session's runtime is closed");
    assertThatThrownBy(session::fork).isInstanceOf(IllegalUseException.class);
    assertThatThrownBy(() -> Session.open(runtime)).isInstanceOf(IllegalUseException.class);
    session.close();
    runtime.close();
  }

  @Test
  void interruptEndsOneOfTwo() throws Exception {
    try (ModelRuntime runtime = ModelRuntime.open(llama, OPTIONS.withBatch(8));
        Session interrupted = Session.open(runtime);
        Session other = Session.open(runtime)) {
      int[] prompt = tokens(500, 8);
      float[][] result = new float[1][];
      Throwable[] thrown = new Throwable[1];
      boolean[] stays = new boolean[1];
      Thread one =
          new Thread(
              () -> {
                try {
                  while (true) {
                    interrupted.truncate(0);
                    interrupted.feed(prompt);
                  }
                } catch (CancelledException e) {
                  thrown[0] = e;
                  stays[0] = Thread.currentThread().isInterrupted();
                }
              });
      Thread two = new Thread(() -> result[0] = copy(other.feed(tokens(450, 9))));
      one.start();
      two.start();
      one.interrupt();
      one.join();
      two.join();
      assertThat(thrown[0]).hasMessageStartingWith("cancelled at position ");
      assertThat(stays[0]).isTrue();
      assertThat(result[0]).isEqualTo(alone(llama, tokens(450, 9)));
      int kept = interrupted.position();
      float[] next = copy(interrupted.feed(1));
      assertThat(next).isEqualTo(alone(llama, concat(Arrays.copyOf(prompt, kept), 1)));
    }
  }

  @Test
  void cancelRejectsUntilResumed() {
    try (ModelRuntime runtime = ModelRuntime.open(llama, OPTIONS);
        Session session = Session.open(runtime);
        Session other = Session.open(runtime)) {
      session.feed(1, 2, 3);
      session.cancel();
      assertThatThrownBy(() -> session.feed(4))
          .isInstanceOf(CancelledException.class)
          .hasMessage("cancelled at position 3");
      other.feed(1);
      session.resume();
      assertThat(copy(session.feed(4))).isEqualTo(alone(llama, 1, 2, 3, 4));
    }
  }

  @Test
  void whoGeneratesDoesNotWaitForPrompts() throws Exception {
    RuntimeOptions options = OPTIONS.withBatch(64).withKeepsPrefixes(false);
    try (ModelRuntime runtime = ModelRuntime.open(llama, options);
        Session decoding = Session.open(runtime);
        Session prefilling = Session.open(runtime)) {
      decoding.feed(tokens(5, 1));
      Thread prompt = new Thread(() -> prefilling.feed(tokens(500, 11)));
      long before = runtime.usage().steps();
      prompt.start();
      int fed = 0;
      while (prompt.isAlive() && fed < 400) {
        decoding.feed(fed++ % VOCABULARY);
      }
      prompt.join();
      long steps = runtime.usage().steps() - before;
      // a token takes the step that is computed when it is asked for, and its own, at most
      assertThat(steps).isLessThanOrEqualTo(2L * fed + 500 / 16 + 2);
      assertThat(fed).isGreaterThan(1);
    }
  }
}
