package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.CancelledException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.model.Model;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sessions and threads: exclusive use, cancellation from any thread, many sessions on one model.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SessionThreadsTest {
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withContextLength(512).withThreads(1).withCacheType(CacheType.F32);

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
  void rejectsConcurrentUse() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch tried = new CountDownLatch(1);
    try (Session session = Session.open(model, OPTIONS);
        ExecutorService other = Executors.newSingleThreadExecutor()) {
      Future<?> owner =
          other.submit(
              () ->
                  session.feedAll(
                      new int[] {1, 2},
                      (at, logits) -> {
                        inside.countDown();
                        await(tried);
                      }));
      inside.await();
      List<Runnable> uses =
          List.of(
              () -> session.feed(1), () -> session.truncate(0), session::tokens, session::close);
      for (Runnable use : uses) {
        assertThatThrownBy(use::run)
            .isInstanceOf(IllegalUseException.class)
            .hasMessageContaining("another thread is using it");
      }
      tried.countDown();
      owner.get();
      // sequential use is allowed
      session.feed(3);
      assertThat(session.tokens()).containsExactly(1, 2, 3);
    }
  }

  @Test
  void cancelEndsPrefillAndKeepsCompleteBatches() throws Exception {
    RandomModel.Shape big = new RandomModel.Shape(8, 1024, 16, 4, 64, 4096, 320, 4096);
    Path slow = folder.resolve("slow.gguf");
    RandomModel.small("llama").withShape(big).repeatingWriter().write(slow);
    int[] prompt = Logits.randomTokens(4000, 320, 1);
    SessionOptions options = OPTIONS.withContextLength(4096).withBatch(64);
    try (Model m = Model.load(slow);
        Session session = Session.open(m, options);
        ExecutorService other = Executors.newSingleThreadExecutor()) {
      Future<MemorySegment> fed = other.submit(() -> session.feed(prompt));
      while (session.position() < 64) {
        Thread.sleep(1);
      }
      long cancelled = System.nanoTime();
      session.cancel();
      assertThatThrownBy(fed::get).hasCauseInstanceOf(CancelledException.class);
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - cancelled);
      System.out.printf("cancelled at position %d, in %d ms%n", session.position(), took);
      assertThat(took).isLessThan(5000);
      assertThat(session.position()).isLessThan(prompt.length).isPositive();
      assertThat(session.position() % 64).isZero();
      int kept = session.position();
      assertThat(session.tokens()).isEqualTo(Arrays.copyOf(prompt, kept));

      // rejects computations until resume(), then continues normally
      assertThat(session.isCancelled()).isTrue();
      assertThatThrownBy(() -> session.feed(1)).isInstanceOf(CancelledException.class);
      session.resume();
      session.truncate(64);
      float[] next = Logits.copy(session.feed(prompt[64]));
      try (Session fresh = Session.open(m, options)) {
        fresh.feed(Arrays.copyOf(prompt, 64));
        assertThat(nmse(next, Logits.copy(fresh.feed(prompt[64])))).isLessThan(1e-9);
      }
    }
  }

  @Test
  void concurrentSessionsMatchSingleSession() throws Exception {
    int count = 8;
    List<int[]> prompts = new ArrayList<>();
    List<Logits> alone = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = Logits.randomTokens(30 + 10 * i, 320, i);
      prompts.add(prompt);
      try (Session session = Session.open(model, OPTIONS)) {
        alone.add(Logits.myelin(session, prompt, 7));
      }
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(count)) {
      List<Callable<Logits>> tasks = new ArrayList<>();
      for (int[] prompt : prompts) {
        tasks.add(
            () -> {
              try (Session session = Session.open(model, OPTIONS)) {
                return Logits.myelin(session, prompt, 7);
              }
            });
      }
      List<Future<Logits>> together = threads.invokeAll(tasks);
      for (int i = 0; i < count; i++) {
        assertThat(together.get(i).get().rows()).isDeepEqualTo(alone.get(i).rows());
      }
    }
  }

  @Test
  void interleavedSessionsAreIndependent() {
    int[] a = Logits.randomTokens(60, 320, 1);
    int[] b = Logits.randomTokens(60, 320, 2);
    try (Session first = Session.open(model, OPTIONS);
        Session second = Session.open(model, OPTIONS)) {
      float[][] ra = new float[60][];
      float[][] rb = new float[60][];
      for (int i = 0; i < 60; i++) {
        ra[i] = Logits.copy(first.feed(a[i]));
        rb[i] = Logits.copy(second.feed(b[i]));
      }
      try (Session alone = Session.open(model, OPTIONS)) {
        assertThat(ra).isDeepEqualTo(Logits.myelin(alone, a, 1).rows());
        alone.truncate(0);
        assertThat(rb).isDeepEqualTo(Logits.myelin(alone, b, 1).rows());
      }
    }
  }

  @Test
  void closingModelEndsComputation() throws Exception {
    int[] prompt = Logits.randomTokens(500, 320, 9);
    Model own = Model.load(file);
    Session session = Session.open(own, OPTIONS.withBatch(50));
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      Future<float[]> fed = other.submit(() -> Logits.copy(session.feed(prompt)));
      while (session.position() == 0) {
        Thread.onSpinWait();
      }
      own.close();
      // it ends before the next batch, unless it computes the last one
      try {
        assertThat(fed.get()).hasSize(320);
      } catch (ExecutionException e) {
        assertThat(e).hasCauseInstanceOf(IllegalUseException.class);
      }
      assertThatThrownBy(() -> session.feed(1)).isInstanceOf(IllegalUseException.class);
    } finally {
      session.close();
    }
  }

  @Test
  void concurrentCancelAndCloseDoNotCrash() throws Exception {
    for (int round = 0; round < 20; round++) {
      Session session = Session.open(model, OPTIONS.withBatch(16));
      try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
        threads.submit(() -> session.feed(Logits.randomTokens(400, 320, 1)));
        threads.submit(session::cancel);
        threads.submit(() -> session.feed(1));
        threads.submit(session::close);
      }
      session.cancel();
      session.close();
    }
  }

  private static double nmse(float[] logits, float[] expected) {
    return new Logits(new float[][] {logits}).nmse(new Logits(new float[][] {expected}));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
