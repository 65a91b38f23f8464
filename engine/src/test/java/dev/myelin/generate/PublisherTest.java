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
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The rules of Reactive Streams for a publisher and a subscription. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PublisherTest {
  private static final GenerateOptions FORTY = new GenerateOptions(40, List.of(), true);
  private static final GenerateOptions ENDLESS = new GenerateOptions(-1, List.of(), true);

  @TempDir Path folder;
  private Model model;
  private Generator generator;

  @BeforeEach
  void open() {
    RandomModel random =
        RandomModel.small("llama").withVocabulary(Kind.QWEN2).withContextLength(4096);
    model = Model.load(random.write(folder.resolve("model.gguf")));
    SessionOptions options = SessionOptions.defaults().withThreads(1);
    generator = Generator.open(model, options, SamplingOptions.greedy());
  }

  @AfterEach
  void close() {
    generator.close();
    model.close();
  }

  /** Records signals, and whether two overlapped. */
  private static class Recorder implements Flow.Subscriber<String> {
    final BlockingQueue<Object> signals = new LinkedBlockingQueue<>();
    final AtomicInteger inside = new AtomicInteger();
    volatile boolean overlapped;
    volatile Flow.Subscription subscription;

    private void signal(Object value) {
      overlapped |= inside.incrementAndGet() > 1;
      signals.add(value);
      inside.decrementAndGet();
    }

    @Override
    public void onSubscribe(Flow.Subscription value) {
      subscription = value;
      signal("subscribed");
    }

    @Override
    public void onNext(String text) {
      signal(text);
    }

    @Override
    public void onError(Throwable error) {
      signal(error);
    }

    @Override
    public void onComplete() {
      signal("complete");
    }

    Object next() {
      try {
        return signals.take();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    /** Takes the text up to the end. */
    String text() {
      StringBuilder text = new StringBuilder();
      Object signal = next();
      for (; !signal.equals("complete"); signal = next()) {
        text.append((String) signal);
      }
      return text.toString();
    }
  }

  private Recorder subscribe(Flow.Publisher<String> publisher) {
    Recorder recorder = new Recorder();
    publisher.subscribe(recorder);
    assertThat(recorder.next()).isEqualTo("subscribed");
    return recorder;
  }

  @Test
  void unboundedDemandGetsTheWholeText() {
    Recorder recorder = subscribe(generator.publish("hello", FORTY));
    recorder.subscription.request(Long.MAX_VALUE);
    recorder.subscription.request(Long.MAX_VALUE);
    String text = recorder.text();
    assertThat(text).isEqualTo(generator.last().orElseThrow().text()).isNotEmpty();
    assertThat(recorder.overlapped).isFalse();
    assertThat(recorder.signals).isEmpty();
    recorder.subscription.request(1); // no effect
    recorder.subscription.request(-1);
    recorder.subscription.cancel();
    assertThat(recorder.signals).isEmpty();
  }

  @Test
  void nothingIsComputedWithoutDemand() {
    Recorder recorder = subscribe(generator.publish("hello", ENDLESS));
    assertThat(generator.session().position()).isZero();
    recorder.subscription.request(2);
    recorder.next();
    recorder.next();
    int position = generator.session().position();
    assertThat(recorder.signals).isEmpty();
    recorder.subscription.request(1);
    recorder.next();
    assertThat(generator.session().position()).isGreaterThan(position).isLessThan(30);
    recorder.subscription.cancel();
    // cancelled, and another text may begin
    generator.generate("more", FORTY);
    assertThat(recorder.signals).isEmpty();
  }

  @Test
  void requestsFromWithinOnNextDoNotRecurse() {
    Recorder recorder =
        new Recorder() {
          @Override
          public void onSubscribe(Flow.Subscription value) {
            super.onSubscribe(value);
            value.request(1);
          }

          @Override
          public void onNext(String text) {
            inside.incrementAndGet();
            subscription.request(1);
            inside.decrementAndGet();
            super.onNext(text);
          }
        };
    generator.publish("hello", FORTY).subscribe(recorder);
    assertThat(recorder.next()).isEqualTo("subscribed");
    recorder.text();
    assertThat(recorder.overlapped).isFalse();
  }

  @Test
  void anEmptyRequestIsAnError() {
    Recorder recorder = subscribe(generator.publish("hello", ENDLESS));
    recorder.subscription.request(0);
    assertThat(recorder.next())
        .isInstanceOf(IllegalArgumentException.class)
        .hasToString("java.lang.IllegalArgumentException: request(0): expected 1 or more");
    recorder.subscription.request(1);
    generator.generate("more", FORTY);
    assertThat(recorder.signals).isEmpty();
  }

  @Test
  void cancelInOnSubscribeAndInOnNext() {
    Recorder early =
        new Recorder() {
          @Override
          public void onSubscribe(Flow.Subscription value) {
            super.onSubscribe(value);
            value.cancel();
            value.request(1);
          }
        };
    generator.publish("hello", ENDLESS).subscribe(early);
    Recorder late =
        new Recorder() {
          @Override
          public void onNext(String text) {
            subscription.cancel();
            super.onNext(text);
          }
        };
    awaitIdle();
    generator.publish("hello", ENDLESS).subscribe(late);
    late.subscription.request(Long.MAX_VALUE);
    late.next();
    late.next();
    generator.generate("more", FORTY);
    assertThat(early.signals).containsExactly("subscribed");
    assertThat(late.signals).isEmpty();
  }

  @Test
  void errorsAreSignalled() {
    Recorder recorder = subscribe(generator.publish("hello ".repeat(9000), FORTY));
    recorder.subscription.request(1);
    assertThat(recorder.next()).isInstanceOf(ContextFullException.class);
    assertThatThrownBy(() -> generator.publish("hello", FORTY).subscribe(null))
        .isInstanceOf(NullPointerException.class);
  }

  @Test
  void oneTextAtATimeAndOneForEachSubscription() {
    Flow.Publisher<String> publisher = generator.publish("hello", FORTY);
    Recorder first = subscribe(publisher);
    Recorder second = subscribe(publisher);
    assertThat(second.next()).isInstanceOf(IllegalUseException.class);
    first.subscription.request(100);
    assertThat(first.text()).isNotEmpty();
    Recorder third = subscribe(publisher);
    third.subscription.request(100);
    assertThat(third.text()).isNotEmpty();
  }

  @Test
  void cancelOfTheGeneratorCompletesThePublisher() {
    Recorder recorder = subscribe(generator.publish("hello", ENDLESS));
    recorder.subscription.request(1);
    recorder.next();
    generator.cancel(); // while it waits for demand
    assertThat(recorder.next()).isEqualTo("complete");
    assertThat(generator.last().orElseThrow().reason()).isEqualTo(FinishReason.CANCELLED);
  }

  @Test
  void aCancelledReplyIsKept() {
    try (Conversation chat = Conversation.open(model, "")) {
      Recorder recorder = subscribe(chat.publish("hello", ENDLESS));
      recorder.subscription.request(1);
      String piece = (String) recorder.next();
      recorder.subscription.cancel();
      chat.reply("more", FORTY);
      assertThat(chat.messages()).hasSize(4);
      assertThat(chat.messages().get(1).content()).isEqualTo(piece);
    }
  }

  @Test
  @SuppressWarnings("try") // closed before the text is read
  void feedsAProcessorOfTheJdk() throws Exception {
    StringBuilder text = new StringBuilder();
    try (SubmissionPublisher<String> relay = new SubmissionPublisher<>()) {
      var consumed = relay.consume(text::append);
      Recorder recorder =
          new Recorder() {
            @Override
            public void onNext(String piece) {
              relay.submit(piece);
            }
          };
      generator.publish("hello", FORTY).subscribe(recorder);
      recorder.subscription.request(Long.MAX_VALUE);
      recorder.next();
      assertThat(recorder.text()).isEmpty();
      relay.close();
      consumed.get();
    }
    assertThat(text.toString()).isEqualTo(generator.last().orElseThrow().text());
  }

  /** Waits for the thread of a cancelled text. */
  private void awaitIdle() {
    generator.generate("more", FORTY.withMaxTokens(1));
  }
}
