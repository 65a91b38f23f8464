package dev.myelin.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.generate.FinishReason;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Metrics;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.generate.TextSink;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.state.CacheType;
import dev.myelin.testing.RandomModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A recording, read back. */
class FlightEventsTest {
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults()
          .withThreads(1)
          .withContextLength(64)
          .withBatch(4)
          .withCacheType(CacheType.F32);

  @TempDir static Path folder;
  private static Path file;
  private static List<RecordedEvent> events;
  private static List<Generation> texts;
  private static long session;
  private static long cacheBytes;
  private static long tensorBytes;
  private static int position;

  @BeforeAll
  static void record() throws Exception {
    file = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Path result = folder.resolve("recording.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("dev.myelin.ForwardPass");
      recording.start();
      texts = generate();
      recording.stop();
      recording.dump(result);
    }
    assertThat(Files.size(result)).isPositive();
    events =
        RecordingFile.readAllEvents(result).stream()
            .filter(e -> e.getEventType().getCategoryNames().equals(List.of("Myelin")))
            .toList();
  }

  private static List<Generation> generate() {
    try (Model model = Model.load(file);
        Session opened = Session.open(model, OPTIONS)) {
      Generator generator = new Generator(opened, SamplingOptions.greedy());
      Generation first = generator.generate(tokens(10), text(8), TextSink.NONE);
      Generation second = generator.generate(tokens(3), text(5), TextSink.NONE);
      session = opened.id();
      cacheBytes = opened.cacheBytes();
      position = opened.position();
      tensorBytes = model.file().tensors().stream().mapToLong(TensorInfo::bytes).sum();
      return List.of(first, second);
    }
  }

  private static int[] tokens(int count) {
    return IntStream.rangeClosed(1, count).toArray();
  }

  private static GenerateOptions text(int tokens) {
    return new GenerateOptions(tokens, List.of(), true);
  }

  private static List<RecordedEvent> named(String name) {
    return events.stream().filter(e -> e.getEventType().getName().equals(name)).toList();
  }

  @Test
  void modelLoad() {
    RecordedEvent event = named("dev.myelin.ModelLoad").getFirst();
    assertThat(event.getString("path")).isEqualTo(file.toString());
    assertThat(event.getString("architecture")).isEqualTo("llama");
    assertThat(event.getLong("bytes")).isEqualTo(tensorBytes);
    assertThat(event.getInt("tensors")).isPositive();
    assertThat(event.getInt("adapters")).isZero();
    assertThat(event.getBoolean("mapped")).isTrue();
    assertThat(event.getDuration()).isPositive();
  }

  @Test
  void sessionOpen() {
    RecordedEvent event = named("dev.myelin.SessionOpen").getFirst();
    assertThat(event.getLong("session")).isEqualTo(session);
    assertThat(event.getString("path")).isEqualTo(file.toString());
    assertThat(event.getInt("contextLength")).isEqualTo(64);
    assertThat(event.getInt("batch")).isEqualTo(4);
    assertThat(event.getInt("threads")).isEqualTo(1);
    assertThat(event.getString("cacheType")).isEqualTo("F32");
    assertThat(event.getLong("cacheBytes")).isEqualTo(cacheBytes).isPositive();
  }

  @Test
  void prefill() {
    List<RecordedEvent> prefills = named("dev.myelin.Prefill");
    assertThat(prefills).extracting(e -> e.getInt("tokens")).containsExactly(10, 3);
    // the last token of the first text is not fed
    assertThat(prefills).extracting(e -> e.getInt("position")).containsExactly(10, 20);
    assertThat(prefills).allSatisfy(e -> assertThat(e.getLong("session")).isEqualTo(session));
    assertThat(prefills.getFirst().getDuration())
        .isGreaterThanOrEqualTo(texts.getFirst().metrics().prefill());
  }

  @Test
  void generation() {
    List<RecordedEvent> recorded = named("dev.myelin.Generation");
    assertThat(recorded).hasSize(2);
    for (int i = 0; i < 2; i++) {
      RecordedEvent event = recorded.get(i);
      Metrics metrics = texts.get(i).metrics();
      assertThat(event.getLong("session")).isEqualTo(session);
      assertThat(event.getInt("promptTokens")).isEqualTo(metrics.promptTokens());
      assertThat(event.getInt("generatedTokens")).isEqualTo(metrics.generatedTokens());
      assertThat(event.getString("reason")).isEqualTo(FinishReason.LENGTH.toString());
      assertThat(event.getDuration("prefill")).isEqualTo(metrics.prefill());
      assertThat(event.getDuration("timeToFirstToken")).isEqualTo(metrics.timeToFirstToken());
      assertThat(event.getDuration("decode")).isEqualTo(metrics.decode());
      assertThat(event.getDouble("prefillTokensPerSecond"))
          .isEqualTo(metrics.prefillTokensPerSecond());
      assertThat(event.getDouble("decodeTokensPerSecond"))
          .isEqualTo(metrics.decodeTokensPerSecond());
      assertThat(event.getDuration())
          .isGreaterThanOrEqualTo(metrics.timeToFirstToken().plus(metrics.decode()));
    }
    assertThat(recorded.getLast().getInt("position")).isEqualTo(position);
  }

  @Test
  void forwardPasses() {
    List<RecordedEvent> passes = named("dev.myelin.ForwardPass");
    // prompts of 10 and 3 tokens in batches of 4, then 7 and 4 tokens one by one
    assertThat(passes)
        .extracting(e -> e.getInt("tokens"))
        .containsExactly(4, 4, 2, 1, 1, 1, 1, 1, 1, 1, 3, 1, 1, 1, 1);
    int at = 0;
    for (RecordedEvent pass : passes) {
      assertThat(pass.getInt("position")).isEqualTo(at);
      assertThat(pass.getInt("logits")).isEqualTo(1);
      at += pass.getInt("tokens");
    }
    assertThat(at).isEqualTo(position);
  }
}
