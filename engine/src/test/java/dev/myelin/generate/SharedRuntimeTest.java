package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.CapacityException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.model.Model;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.runtime.RuntimeUsage;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary.Kind;
import dev.myelin.tokenizer.PromptText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Generators whose texts are computed together by one runtime. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SharedRuntimeTest {
  private static final int COUNT = 8;
  private static final GenerateOptions FORTY = new GenerateOptions(40, List.of(), true);
  private static final GenerateOptions ENDLESS = new GenerateOptions(-1, List.of(), true);
  private static final RuntimeOptions OPTIONS =
      RuntimeOptions.defaults().withThreads(1).withContextLength(4096).withSequences(COUNT);

  @TempDir static Path folder;
  private static Model model;

  @BeforeAll
  static void load() {
    RandomModel random =
        RandomModel.small("llama").withVocabulary(Kind.QWEN2).withContextLength(4096);
    model = Model.load(random.write(folder.resolve("model.gguf")));
  }

  @AfterAll
  static void unload() {
    model.close();
  }

  /** Half of the texts begin alike, so that they share pages. */
  private static String prompt(int i) {
    return (i % 2 == 0 ? "the quick brown fox jumps over a lazy dog ".repeat(5) : "")
        + "text "
        + i
        + " of "
        + "many ".repeat(3 * i);
  }

  private static SamplingOptions sampling(int i) {
    return i % 3 == 0 ? SamplingOptions.greedy() : SamplingOptions.defaults().withSeed(70 + i);
  }

  private static Generation alone(int i) {
    SessionOptions options = SessionOptions.defaults().withThreads(1).withContextLength(4096);
    try (Generator generator = Generator.open(model, options, sampling(i))) {
      return generator.generate(prompt(i), FORTY);
    }
  }

  private static ExecutorService threads(boolean virtual) {
    return virtual
        ? Executors.newVirtualThreadPerTaskExecutor()
        : Executors.newFixedThreadPool(COUNT);
  }

  /** The text by one of the four forms. */
  private static String text(ModelRuntime runtime, int i) {
    try (Generator generator = Generator.open(runtime, sampling(i))) {
      return switch (i % 4) {
        case 0 -> generator.generate(prompt(i), FORTY).text();
        case 1 -> {
          try (Stream<String> pieces = generator.stream(prompt(i), FORTY)) {
            yield pieces.collect(Collectors.joining());
          }
        }
        case 2 -> published(generator.publish(prompt(i), FORTY)).join();
        default -> generator.generateAsync(prompt(i), FORTY).join().text();
      };
    }
  }

  private static CompletableFuture<String> published(Flow.Publisher<String> publisher) {
    CompletableFuture<String> all = new CompletableFuture<>();
    publisher.subscribe(
        new Flow.Subscriber<>() {
          private final StringBuilder text = new StringBuilder();
          private Flow.Subscription subscription;

          @Override
          public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            begun.request(1);
          }

          @Override
          public void onNext(String piece) {
            text.append(piece);
            subscription.request(1);
          }

          @Override
          public void onError(Throwable e) {
            all.completeExceptionally(e);
          }

          @Override
          public void onComplete() {
            all.complete(text.toString());
          }
        });
    return all;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void textsAreThoseOfEachAlone(boolean virtual) throws Exception {
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < COUNT; i++) {
      expected.add(alone(i).text());
    }
    assertThat(expected).doesNotHaveDuplicates();
    try (ModelRuntime runtime = ModelRuntime.open(model, OPTIONS);
        ExecutorService threads = threads(virtual)) {
      List<Future<String>> together = new ArrayList<>();
      for (int i = 0; i < COUNT; i++) {
        int n = i;
        together.add(threads.submit(() -> text(runtime, n)));
      }
      for (int i = 0; i < COUNT; i++) {
        assertThat(together.get(i).get()).as("text " + i).isEqualTo(expected.get(i));
      }
      RuntimeUsage usage = runtime.usage();
      assertThat(usage.sequences()).isZero();
      assertThat(usage.steps()).as("steps of many sequences").isLessThan(usage.pieces() / 2);
    }
  }

  /** A text that never ends, in a thread of its own, once it has begun. */
  private static final class Endless {
    private final Generator generator;
    private final Future<Generation> text;
    private volatile Thread thread;

    Endless(ModelRuntime runtime, ExecutorService threads, int i) throws InterruptedException {
      CountDownLatch begun = new CountDownLatch(1);
      generator = Generator.open(runtime, sampling(i));
      text =
          threads.submit(
              () -> {
                thread = Thread.currentThread();
                return generator.generate(prompt(i), ENDLESS, piece -> begun.countDown());
              });
      begun.await();
    }
  }

  @Test
  void interruptAndCancelEndOneTextOnly() throws Exception {
    try (ModelRuntime runtime = ModelRuntime.open(model, OPTIONS);
        ExecutorService threads = threads(true)) {
      Future<String> other = threads.submit(() -> text(runtime, 0));
      Endless interrupted = new Endless(runtime, threads, 1);
      Endless cancelled = new Endless(runtime, threads, 2);
      Endless closed = new Endless(runtime, threads, 3);
      Future<String> late = threads.submit(() -> text(runtime, 4));
      interrupted.thread.interrupt();
      cancelled.generator.cancel();
      closed.generator.close();
      for (Endless ended : List.of(interrupted, cancelled, closed)) {
        assertThat(ended.text.get().reason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(ended.text.get().tokens()).isNotEmpty();
      }
      assertThat(other.get()).isEqualTo(alone(0).text());
      assertThat(late.get()).isEqualTo(alone(4).text());
      // both may go on
      assertThat(interrupted.generator.generate("more", FORTY).tokens()).hasSize(40);
      assertThat(cancelled.generator.generate("more", FORTY).tokens()).hasSize(40);
      interrupted.generator.close();
      cancelled.generator.close();
      assertThat(runtime.usage().sequences()).isZero();
    }
  }

  @Test
  void closingTheRuntimeEndsAllTexts() throws Exception {
    ModelRuntime runtime = ModelRuntime.open(model, OPTIONS);
    try (ExecutorService threads = threads(true)) {
      List<Endless> texts = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        texts.add(new Endless(runtime, threads, i));
      }
      Generator async = Generator.open(runtime, sampling(5));
      CountDownLatch begun = new CountDownLatch(1);
      CompletableFuture<Generation> future =
          async.generateAsync(PromptText.trusted(prompt(5)), ENDLESS, piece -> begun.countDown());
      begun.await();
      runtime.close();
      for (Endless text : texts) {
        assertThatThrownBy(text.text::get)
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(IllegalUseException.class);
        assertThatThrownBy(() -> text.generator.generate("more"))
            .isInstanceOf(IllegalUseException.class)
            .hasMessage("the session's runtime is closed");
        text.generator.close();
      }
      assertThatThrownBy(future::join).hasCauseInstanceOf(IllegalUseException.class);
      async.close();
      assertThatThrownBy(() -> Generator.open(runtime)).isInstanceOf(IllegalUseException.class);
    }
    assertThat(model.isOpen()).isTrue();
  }

  @Test
  void outOfSequences() throws Exception {
    RuntimeOptions two = OPTIONS.withSequences(2);
    try (ModelRuntime runtime = ModelRuntime.open(model, two);
        ExecutorService threads = threads(true)) {
      Endless first = new Endless(runtime, threads, 1);
      Generator second = Generator.open(runtime, sampling(0));
      assertThatThrownBy(() -> Generator.open(runtime, sampling(2)))
          .isInstanceOf(CapacityException.class)
          .hasMessage("out of memory for sequences: 1 sequences needed, 0 of 2 free");
      assertThat(second.generate(prompt(0), FORTY).text()).isEqualTo(alone(0).text());
      second.close();
      assertThat(text(runtime, 2)).isEqualTo(alone(2).text());
      first.generator.close();
      assertThat(first.text.get().reason()).isEqualTo(FinishReason.CANCELLED);
    }
  }

  /** Ten pages of 64 for two texts that never end: one fails, and the other goes on. */
  @Test
  void outOfPages() throws Exception {
    RuntimeOptions few = OPTIONS.withSequences(2).withCacheTokens(640).withContextLength(640);
    try (ModelRuntime runtime = ModelRuntime.open(model, few);
        ExecutorService threads = threads(true)) {
      List<Future<Generation>> texts = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        int n = i;
        texts.add(
            threads.submit(
                () -> {
                  try (Generator generator = Generator.open(runtime, sampling(n))) {
                    return generator.generate(prompt(n), ENDLESS);
                  }
                }));
      }
      int failed = 0;
      for (Future<Generation> text : texts) {
        try {
          assertThat(text.get().reason()).isEqualTo(FinishReason.CONTEXT_FULL);
        } catch (ExecutionException e) {
          failed++;
          assertThat(e).hasCauseInstanceOf(CapacityException.class);
          CapacityException full = (CapacityException) e.getCause();
          assertThat(full.needed()).isGreaterThan(full.available());
        }
      }
      assertThat(failed).isEqualTo(1);
      assertThat(text(runtime, 4)).isEqualTo(alone(4).text());
    }
  }
}
