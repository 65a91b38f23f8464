package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.ContextFullException;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary.Kind;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.PromptText.Span;
import dev.myelin.tokenizer.TextStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Generation with a random model. */
class GeneratorTest {
  private static final SessionOptions OPTIONS =
      SessionOptions.defaults().withThreads(1).withContextLength(64);
  private static final GenerateOptions EIGHT = new GenerateOptions(8, List.of(), true);

  @TempDir static Path folder;
  private static Model model;

  @BeforeAll
  static void load() {
    RandomModel random = RandomModel.small("llama").withVocabulary(Kind.QWEN2);
    model = Model.load(random.write(folder.resolve("model.gguf")));
  }

  @AfterAll
  static void unload() {
    model.close();
  }

  /** Three texts from one session, each from an empty context. */
  private static List<List<Integer>> generateThreeTexts(long seed) {
    try (Session session = Session.open(model, OPTIONS)) {
      Generator generator = new Generator(session, SamplingOptions.defaults().withSeed(seed));
      List<List<Integer>> texts = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        session.truncate(0);
        texts.add(generator.generate("hello", EIGHT, TextSink.NONE).tokens());
      }
      return texts;
    }
  }

  @Test
  void textsDifferAndSeedReproducesThem() {
    List<List<Integer>> texts = generateThreeTexts(7);
    assertThat(texts).doesNotHaveDuplicates();
    assertThat(generateThreeTexts(7)).isEqualTo(texts);
    assertThat(generateThreeTexts(SamplingOptions.RANDOM_SEED))
        .doesNotHaveDuplicates()
        .isNotEqualTo(texts);
  }

  @Test
  void reportsSeed() {
    try (Session session = Session.open(model, OPTIONS)) {
      SamplingOptions sampling = SamplingOptions.defaults();
      assertThat(new Generator(session, sampling.withSeed(5)).seed()).isEqualTo(5);
      Generator chosen = new Generator(session, sampling);
      List<Integer> text = chosen.generate("hello", EIGHT, TextSink.NONE).tokens();
      session.truncate(0);
      Generator same = new Generator(session, sampling.withSeed(chosen.seed()));
      assertThat(same.generate("hello", EIGHT, TextSink.NONE).tokens()).isEqualTo(text);
    }
  }

  /** An incomplete character at the end appears neither in the sink nor in the result. */
  @Test
  void omitsIncompleteCharacterAtEnd() {
    int cut = 0;
    try (Session session = Session.open(model, OPTIONS)) {
      Generator generator = new Generator(session, SamplingOptions.defaults().withSeed(3));
      for (int n = 1; n < 40; n++) {
        session.truncate(0);
        StringBuilder received = new StringBuilder();
        GenerateOptions options = new GenerateOptions(n, List.of(), true);
        Generation generation = generator.generate("hello", options, received::append);
        TextStream stream = new TextStream(model.tokenizer());
        StringBuilder decoded = new StringBuilder();
        generation.tokens().forEach(token -> decoded.append(stream.push(token)));
        assertThat(generation.text()).isEqualTo(decoded.toString()).isEqualTo(received.toString());
        cut += stream.pendingBytes() > 0 ? 1 : 0;
      }
    }
    assertThat(cut).isPositive();
  }

  @Test
  void parsesControlTokensInTrustedTextOnly() {
    try (Session session = Session.open(model, OPTIONS)) {
      Generator generator = new Generator(session, SamplingOptions.greedy());
      PromptText prompt =
          new PromptText(List.of(new Span("<|im_start|>", true), new Span("<|im_end|>", false)));
      generator.generate(prompt, EIGHT, TextSink.NONE);
      int[] expected = model.tokenizer().encode(prompt, true);
      assertThat(session.tokens()).startsWith(expected);
      assertThat(expected).hasSizeGreaterThan(2);
    }
  }

  @Test
  void rejectsPromptLongerThanContext() {
    try (Session session = Session.open(model, OPTIONS)) {
      Generator generator = new Generator(session, SamplingOptions.greedy());
      assertThatThrownBy(() -> generator.generate(new int[65], EIGHT, TextSink.NONE))
          .isInstanceOfSatisfying(
              ContextFullException.class,
              e -> {
                assertThat(e.tokens()).isEqualTo(65);
                assertThat(e.fit()).isEqualTo(64);
                assertThat(e.isAlone()).isTrue();
              })
          .hasMessage("the prompt has 65 tokens, which do not fit into a context of 64");
      assertThatThrownBy(() -> generator.continueFrom(new int[65], EIGHT, TextSink.NONE))
          .isInstanceOf(ContextFullException.class);
      session.feed(new int[20]);
      assertThatThrownBy(() -> generator.generate(new int[45], EIGHT, TextSink.NONE))
          .isInstanceOfSatisfying(
              ContextFullException.class,
              e -> {
                assertThat(e.fit()).isEqualTo(44);
                assertThat(e.isAlone()).isFalse();
              })
          .hasMessage(
              "the prompt has 45 tokens, which do not fit into a context of 64 that holds 20"
                  + " already");
      assertThat(session.position()).isEqualTo(20);
      // a prompt that just fits gets one token
      assertThat(generator.generate(new int[44], EIGHT, TextSink.NONE))
          .satisfies(g -> assertThat(g.tokens()).hasSize(1))
          .satisfies(g -> assertThat(g.reason()).isEqualTo(FinishReason.CONTEXT_FULL));
    }
  }
}
