package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.error.MyelinException;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary.Kind;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations that are saved and continued. */
class SavedConversationTest {
  private static final int MUTATIONS = 20 * Integer.getInteger("fuzz.mutations", 400);
  private static final long SEED = Long.getLong("fuzz.seed", 1);
  private static final String TEMPLATE =
      "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}";
  private static final GenerateOptions SIX = new GenerateOptions(6, List.of(), true);

  @TempDir Path folder;

  private Model model;

  @AfterEach
  void close() {
    if (model != null) {
      model.close();
    }
  }

  private void load(boolean hasTemplate) {
    var writer = RandomModel.small("llama").withVocabulary(Kind.LLAMA_BPE).writer();
    if (hasTemplate) {
      writer.put("tokenizer.chat_template", TEMPLATE);
    }
    Path file = folder.resolve("model.gguf");
    writer.write(file);
    model = Model.load(file);
  }

  private Conversation open(String system) {
    return Conversation.open(
        model,
        SessionOptions.defaults().withThreads(1).withContextLength(96),
        SamplingOptions.greedy(),
        system,
        ContextFullPolicy.DROP_OLDEST);
  }

  @Test
  void continuesAsIfItHadNotEnded() {
    for (boolean hasTemplate : new boolean[] {true, false}) {
      load(hasTemplate);
      Path file = folder.resolve("c.chat");
      List<String> expected;
      int[] tokens;
      int computed;
      try (Conversation whole = open("system")) {
        whole.reply("one \ud800 <|eot_id|>", SIX);
        whole.reply("two", SIX);
        whole.save(file);
        Generation last = whole.reply("three", SIX);
        // drops the oldest
        whole.reply("four ".repeat(6), SIX);
        expected = whole.messages().stream().map(Object::toString).toList();
        tokens = whole.session().tokens();
        computed = last.metrics().promptTokens();
      }
      try (Conversation resumed = open("")) {
        resumed.restore(file);
        assertThat(resumed.system()).isEqualTo("system");
        int held = resumed.session().position();
        Generation last = resumed.reply("three", SIX);
        assertThat(last.metrics().promptTokens()).isEqualTo(computed).isLessThan(held);
        resumed.reply("four ".repeat(6), SIX);
        assertThat(resumed.messages().stream().map(Object::toString)).isEqualTo(expected);
        assertThat(resumed.session().tokens()).isEqualTo(tokens);
      }
      model.close();
    }
  }

  @Test
  void refusesFilesWithoutAConversation() {
    load(true);
    Path file = folder.resolve("s.chat");
    try (Conversation conversation = open("");
        Session session = Session.open(model, conversation.session().options())) {
      session.feed(1, 2, 3);
      session.save(file);
      assertThatThrownBy(() -> conversation.restore(file))
          .isInstanceOf(ModelFileException.class)
          .hasMessageContaining(file + ": conversation: missing");
      assertThat(conversation.session().position()).isZero();
      conversation.reply("hello", SIX);
      conversation.save(file);
      assertThatThrownBy(() -> conversation.restore(file))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining("the conversation has begun");
      session.truncate(0);
      session.restore(file);
      assertThat(session.tokens()).isEqualTo(conversation.session().tokens());
    }
  }

  /** Bytes of a conversation are decoded as they were, or refused, whatever they say. */
  @Test
  void survivesMutations() {
    load(true);
    Path file = Path.of("fuzz.chat");
    byte[] valid;
    try (Conversation conversation = open("system")) {
      conversation.reply("one", SIX);
      conversation.reply("two", SIX);
      conversation.save(folder.resolve("c.chat"));
      byte[][] extra = new byte[1][];
      try (Session session = Session.open(model, conversation.session().options())) {
        session.restore(folder.resolve("c.chat"), bytes -> extra[0] = bytes);
      }
      valid = extra[0];
    }
    int vocabulary = model.info().vocabulary();
    History history = SavedConversation.decode(valid, vocabulary, file);
    assertThat(SavedConversation.encode(history)).isEqualTo(valid);
    Random random = new Random(SEED);
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] bytes =
          random.nextInt(8) == 0
              ? Arrays.copyOf(valid, random.nextInt(valid.length))
              : valid.clone();
      for (int n = random.nextInt(3); n >= 0 && bytes.length > 0; n--) {
        bytes[random.nextInt(bytes.length)] =
            (byte) (random.nextBoolean() ? random.nextInt(256) : -random.nextInt(2));
      }
      try {
        History decoded = SavedConversation.decode(bytes, vocabulary, file);
        assertThat(SavedConversation.encode(decoded).length).isLessThanOrEqualTo(bytes.length);
      } catch (MyelinException e) {
        refused++;
        assertThat(e).hasMessageStartingWith("fuzz.chat: conversation: ");
      }
    }
    assertThat(refused).isBetween(1, MUTATIONS - 1);
  }
}
