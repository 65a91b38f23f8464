package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.ContextFullException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.Model;
import dev.myelin.model.build.Sample;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.Logits;
import dev.myelin.testing.TextEncoders;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions and generation with a model that has an encoder and a decoder. */
class EncoderDecoderTest {
  private static final int START = 7;

  @TempDir Path folder;

  private Model load(Sample sample) {
    return Model.load(TextEncoders.t5(sample, folder.resolve("t5.gguf")));
  }

  private static Sample gated() {
    return TextEncoders.sample("t5", "gated");
  }

  /** The most likely tokens after a first one, without a {@link Generator}. */
  private static List<Integer> greedy(Model model, int[] source, int start, int count) {
    List<Integer> tokens = new ArrayList<>();
    try (Session session = Session.open(model)) {
      session.encode(source);
      MemorySegment logits = session.feed(start);
      while (tokens.size() < count) {
        int best = argmax(Logits.copy(logits));
        tokens.add(best);
        if (model.tokenizer().vocabulary().isEndOfGeneration(best)) {
          break;
        }
        logits = session.feed(best);
      }
    }
    return tokens;
  }

  private static int argmax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  private static void generatesFrom(Model model, int start) {
    int[] source = model.tokenizer().encode("abc", true, true);
    assertThat(source).endsWith(TextEncoders.END);
    int[] other = model.tokenizer().encode("xyz", true, true);
    try (Generator generator =
        Generator.open(model, SessionOptions.defaults(), SamplingOptions.greedy())) {
      List<Integer> first = generate(generator, "abc");
      assertThat(first).isEqualTo(greedy(model, source, start, 12));
      assertThat(generator.last().orElseThrow().metrics().promptTokens()).isEqualTo(source.length);
      // each prompt begins anew
      List<Integer> second = generate(generator, "xyz");
      assertThat(second).isEqualTo(greedy(model, other, start, 12)).isNotEqualTo(first);
      assertThat(generate(generator, "abc")).isEqualTo(first);
    }
  }

  private static List<Integer> generate(Generator generator, String prompt) {
    return generator.generate(prompt, GenerateOptions.tokens(12)).tokens();
  }

  @Test
  void generatesFromTheStartTokenOfTheFile() {
    try (Model model = load(gated().with("decoder_start_token_id", START))) {
      generatesFrom(model, START);
    }
  }

  @Test
  void generatesFromBosWithoutAStartToken() {
    try (Model model = load(gated())) {
      generatesFrom(model, TextEncoders.BEGIN);
    }
  }

  @Test
  void logitsDependOnTheEncoderAlone() {
    try (Model model = load(gated());
        Session session = Session.open(model);
        Session fresh = Session.open(model)) {
      session.encode(5, 6, 7);
      float[] first = Logits.copy(session.feed(1, 2));
      session.encode(8, 9);
      float[] second = Logits.copy(session.feed(1, 2));
      assertThat(second).isNotEqualTo(first);
      fresh.encode(8, 9);
      assertThat(Logits.copy(fresh.feed(1, 2))).isEqualTo(second);
      session.encode(5, 6, 7);
      assertThat(session.position()).isZero();
      session.feed(1);
      assertThat(Logits.copy(session.feed(2))).isEqualTo(first);
    }
  }

  @Test
  void refusesADecoderWithoutItsEncoder() {
    try (Model model = load(gated());
        Session session =
            Session.open(model, SessionOptions.defaults().withContextLength(64).withBatch(8))) {
      assertThatThrownBy(() -> session.feed(1))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("t5 models need the tokens of their encoder first");
      assertThatThrownBy(() -> session.encode(new int[9]))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("9 tokens: this model needs all of them in one batch, which is 8");
      assertThatThrownBy(() -> session.feed(1)).isInstanceOf(InvalidRequestException.class);
      assertThatThrownBy(
              () ->
                  new Generator(session, SamplingOptions.greedy())
                      .generate(new int[65], GenerateOptions.tokens(1), TextSink.NONE))
          .isInstanceOf(ContextFullException.class)
          .hasMessageContaining("65 tokens, which do not fit into a context of 64");
      assertThatThrownBy(() -> Conversation.open(model))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessage("t5 models have an encoder, and no conversation");
      session.encode(1, 2);
      session.feed(1);
    }
  }
}
