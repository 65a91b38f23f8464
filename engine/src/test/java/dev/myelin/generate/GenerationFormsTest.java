package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.ContextFullException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The forms of a text: blocking, stream, future; how each ends, and what may follow. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class GenerationFormsTest {
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withThreads(1).withContextLength(4096);
  private static final GenerateOptions FORTY = new GenerateOptions(40, List.of(), true);
  private static final GenerateOptions ENDLESS = new GenerateOptions(-1, List.of(), true);

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

  private static Generator generator() {
    return Generator.open(model, OPTIONS, SamplingOptions.defaults().withSeed(5));
  }

  private static Conversation conversation() {
    return Conversation.open(model, OPTIONS, SamplingOptions.greedy(), "", ContextFullPolicy.STOP);
  }

  @Test
  void allFormsGiveTheSameText() {
    StringBuilder sunk = new StringBuilder();
    Generation expected;
    try (Generator generator = generator()) {
      expected = generator.generate("hello", FORTY, sunk::append);
      assertThat(generator.last()).contains(expected);
    }
    assertThat(expected.text()).isEqualTo(sunk.toString()).isNotEmpty();
    try (Generator generator = generator();
        Stream<String> text = generator.stream("hello", FORTY)) {
      assertThat(text.collect(Collectors.joining())).isEqualTo(expected.text());
      assertThat(generator.last().orElseThrow().tokens()).isEqualTo(expected.tokens());
    }
    try (Generator generator = generator()) {
      assertThat(generator.generateAsync("hello", FORTY).join().tokens())
          .isEqualTo(expected.tokens());
    }
    try (Conversation chat = conversation();
        Conversation streamed = conversation()) {
      String reply = chat.reply("hello", FORTY).text();
      assertThat(streamed.stream("hello", FORTY).collect(Collectors.joining())).isEqualTo(reply);
      assertThat(streamed.messages()).isEqualTo(chat.messages()).hasSize(2);
      assertThat(streamed.replyAsync("more", FORTY).join().tokens())
          .isEqualTo(chat.reply("more", FORTY).tokens());
      assertThat(streamed.messages()).isEqualTo(chat.messages()).hasSize(4);
    }
  }

  @Test
  void aStreamComputesWhatIsRead() {
    try (Generator generator = generator()) {
      Stream<String> stream = generator.stream("hello", ENDLESS);
      assertThat(generator.session().position()).isZero();
      Iterator<String> pieces = stream.iterator();
      pieces.next();
      int position = generator.session().position();
      assertThat(generator.session().position()).isEqualTo(position).isLessThan(20);
      stream.close();
      assertThat(pieces.hasNext()).isFalse();
      Generation cut = generator.last().orElseThrow();
      assertThat(cut.reason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(cut.metrics().promptTokens()).isPositive();
      assertThat(generator.generate("more", FORTY).tokens()).hasSize(40);
    }
  }

  @Test
  void theNextTextEndsAStream() {
    try (Conversation chat = conversation()) {
      List<String> read = chat.stream("hello", ENDLESS).limit(3).toList();
      Iterator<String> first = chat.stream("one", ENDLESS).iterator();
      String piece = first.next();
      assertThat(chat.messages()).hasSize(2);
      assertThat(chat.messages().get(1).content()).isEqualTo(String.join("", read));
      chat.reply("two", FORTY);
      assertThat(first.hasNext()).isFalse();
      assertThat(chat.messages()).hasSize(6);
      assertThat(chat.messages().get(3).content()).isEqualTo(piece);
    }
  }

  @Test
  void aClosedStreamGeneratesNothing() {
    try (Conversation chat = conversation()) {
      Stream<String> stream = chat.stream("hello", ENDLESS);
      Iterator<String> pieces = stream.iterator();
      stream.close();
      assertThat(pieces.hasNext()).isFalse();
      assertThat(chat.messages()).isEmpty();
      assertThat(chat.last()).isEmpty();
    }
  }

  @Test
  void cancelEndsTheCurrentTextOnly() {
    try (Generator generator = generator()) {
      generator.cancel(); // nothing to cancel
      Generation cut = generator.generate("hello", ENDLESS, text -> generator.cancel());
      assertThat(cut.reason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(generator.session().isCancelled()).isFalse();
      Generation next = generator.generate("hello", FORTY);
      assertThat(next.reason()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void cancellingAFutureEndsItsText() throws Exception {
    try (Conversation chat = conversation()) {
      CountDownLatch begun = new CountDownLatch(1);
      List<Thread> threads = new ArrayList<>();
      CompletableFuture<Generation> reply =
          chat.replyAsync(
              "hello",
              ENDLESS,
              text -> {
                threads.add(Thread.currentThread());
                begun.countDown();
              });
      begun.await();
      assertThatThrownBy(() -> chat.reply("more", FORTY))
          .isInstanceOf(IllegalUseException.class)
          .hasMessageMatching("session: thread myelin-generate-\\d+ generates a text with it");
      assertThat(chat.replyAsync("more", FORTY)).isCompletedExceptionally();
      reply.cancel(true);
      assertThatThrownBy(reply::join).isInstanceOf(CancellationException.class);
      chat.reply("more", FORTY); // waits for the end
      assertThat(chat.messages()).hasSize(4);
      assertThat(threads.getFirst().isVirtual()).isFalse();
    }
  }

  @Test
  void aTimeoutOfAFutureEndsItsText() {
    try (Generator generator = generator()) {
      CompletableFuture<Generation> text = generator.generateAsync("hello", ENDLESS);
      assertThatThrownBy(() -> text.orTimeout(1, TimeUnit.MILLISECONDS).join())
          .hasRootCauseInstanceOf(java.util.concurrent.TimeoutException.class);
      assertThat(generator.generate("more", FORTY).tokens()).hasSize(40);
    }
  }

  @Test
  void closeEndsATextInAnotherThread() {
    Generator generator = generator();
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Generation> text =
        generator.generateAsync(
            dev.myelin.tokenizer.PromptText.trusted("hello"), ENDLESS, t -> begun.countDown());
    await(begun);
    generator.close();
    generator.close();
    assertThat(text.join().reason()).isEqualTo(FinishReason.CANCELLED);
    assertThatThrownBy(() -> generator.generate("hello"))
        .isInstanceOf(IllegalUseException.class)
        .hasMessage("the session is closed");
    assertThatThrownBy(generator.stream("hello")::toList).isInstanceOf(IllegalUseException.class);
  }

  @Test
  @SuppressWarnings("try") // the call that is refused
  void aSinkMayNotBeginAnotherTextOrClose() {
    try (Generator generator = generator()) {
      assertThatThrownBy(
              () -> generator.generate("hello", FORTY, t -> generator.generate("again", FORTY)))
          .isInstanceOf(IllegalUseException.class)
          .hasMessage("session: used by the sink of its own text");
      assertThatThrownBy(() -> generator.generate("hello", FORTY, t -> generator.close()))
          .isInstanceOf(IllegalUseException.class)
          .hasMessage("session: cannot close, its own sink is running");
      assertThat(generator.generate("hello", FORTY).tokens()).hasSize(40);
    }
  }

  @Test
  void aGeneratorLeavesAForeignSessionOpen() {
    try (Session session = Session.open(model, OPTIONS)) {
      new Generator(session, SamplingOptions.greedy()).close();
      new Conversation(session, SamplingOptions.greedy(), "").close();
      session.feed(1);
      Generator generator = new Generator(session, SamplingOptions.greedy());
      generator.reset();
      assertThat(session.position()).isZero();
    }
  }

  @Test
  void anInterruptEndsTheText() throws Exception {
    try (Generator generator = generator()) {
      Generation cut =
          generator.generate("hello", ENDLESS, text -> Thread.currentThread().interrupt());
      assertThat(Thread.interrupted()).isTrue();
      assertThat(cut.reason()).isEqualTo(FinishReason.CANCELLED);
      assertThat(generator.generate("hello", FORTY).reason()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void errorsReachTheCaller() {
    String longText = "hello ".repeat(9000);
    try (Conversation chat = conversation()) {
      assertThatThrownBy(() -> chat.reply(longText)).isInstanceOf(ContextFullException.class);
      assertThatThrownBy(chat.stream(longText)::toList).isInstanceOf(ContextFullException.class);
      assertThatThrownBy(chat.replyAsync(longText, FORTY)::join)
          .hasCauseInstanceOf(ContextFullException.class);
      assertThat(chat.messages()).isEmpty();
      assertThat(chat.reply("hello", FORTY).tokens()).hasSize(40);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
