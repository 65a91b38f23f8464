package dev.myelin.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.chat.ChatMessage;
import dev.myelin.error.ContextFullException;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations that are longer than the context. */
class ContextFullTest {
  private static final String TEMPLATE =
      "{% for m in messages %}<|im_start|>{{ m.role[0] }} {{ m.content }}<|im_end|>{% endfor %}"
          + "{% if add_generation_prompt %}<|im_start|>a {% endif %}";
  private static final int CONTEXT = 96;
  private static final GenerateOptions FOUR = new GenerateOptions(4, List.of(), true);
  private static final GenerateOptions UNLIMITED = new GenerateOptions(-1, List.of(), true);

  @TempDir static Path folder;
  private static Model chat;
  private static Model plain;

  @BeforeAll
  static void load() {
    RandomModel random = RandomModel.small("llama").withVocabulary(Kind.QWEN2);
    Path file = folder.resolve("chat.gguf");
    random.writer().put("tokenizer.chat_template", TEMPLATE).write(file);
    chat = Model.load(file);
    plain = Model.load(random.write(folder.resolve("plain.gguf")));
  }

  @AfterAll
  static void unload() {
    chat.close();
    plain.close();
  }

  private interface Body {
    void with(Session session, Conversation conversation);
  }

  private static void withConversation(Model model, ContextFullPolicy policy, Body body) {
    SessionOptions options = SessionOptions.defaults().withThreads(1).withContextLength(CONTEXT);
    try (Session session = Session.open(model, options)) {
      body.with(session, new Conversation(session, SamplingOptions.greedy(), "be brief", policy));
    }
  }

  private static String sessionText(Session session) {
    return session.model().tokenizer().decode(session.tokens(), true);
  }

  @Test
  void dropsOldestExchangesAndKeepsSystemPrompt() {
    withConversation(
        chat,
        ContextFullPolicy.DROP_OLDEST,
        (session, conversation) -> {
          int dropped = 0;
          int drops = 0;
          for (int i = 0; i < 30; i++) {
            String message = "message " + i;
            Generation reply = conversation.reply(message, FOUR, TextSink.NONE);
            assertThat(reply.tokens()).as(message).hasSize(4);
            assertThat(conversation.messages()).hasSize(3 + 2 * i);
            assertThat(sessionText(session))
                .startsWith("<|im_start|>s be brief<|im_end|><|im_start|>u message ")
                .contains("<|im_start|>u message " + i + "<|im_end|><|im_start|>a ");
            if (conversation.dropped() > dropped) {
              drops++;
              dropped = conversation.dropped();
              // frees more than one exchange, so that not every message drops
              assertThat(session.position()).isLessThanOrEqualTo(CONTEXT - CONTEXT / 4 + 4);
              assertThat(sessionText(session))
                  .contains("u message " + dropped + "<")
                  .doesNotContain("u message " + (dropped - 1) + "<");
            }
          }
          assertThat(drops).isBetween(5, 25);
          assertThat(conversation.messages().get(1)).isEqualTo(ChatMessage.user("message 0"));
          conversation.reset();
          assertThat(conversation.dropped()).isZero();
        });
  }

  @Test
  void keptExchangesAreComputedOnce() {
    withConversation(
        chat,
        ContextFullPolicy.DROP_OLDEST,
        (session, conversation) -> {
          for (int i = 0; i < 30; i++) {
            int dropped = conversation.dropped();
            Generation reply = conversation.reply("message " + i, FOUR, TextSink.NONE);
            if (i > 0 && conversation.dropped() == dropped) {
              assertThat(reply.metrics().promptTokens()).isLessThan(30);
            }
          }
        });
  }

  @Test
  void replyContinuesAfterFillingContext() {
    withConversation(
        chat,
        ContextFullPolicy.DROP_OLDEST,
        (session, conversation) -> {
          conversation.reply("one ".repeat(9), FOUR, TextSink.NONE);
          assertThat(conversation.dropped()).isZero();
          Generation reply =
              conversation.reply("three", new GenerateOptions(30, List.of(), true), TextSink.NONE);
          assertThat(reply.reason()).isEqualTo(FinishReason.LENGTH);
          assertThat(conversation.dropped()).isEqualTo(1);
          String before = "<|im_start|>s be brief<|im_end|><|im_start|>u three<|im_end|>";
          List<Integer> expected = new ArrayList<>();
          for (int token : chat.tokenizer().encode(before + "<|im_start|>a ", false, true)) {
            expected.add(token);
          }
          expected.addAll(reply.tokens().subList(0, 29));
          assertThat(session.tokens()).containsExactly(ints(expected));
          // and the next turn keeps the tokens
          Generation next = conversation.reply("x", FOUR, TextSink.NONE);
          assertThat(conversation.dropped()).isEqualTo(1);
          assertThat(next.metrics().promptTokens()).isLessThan(20);
        });
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void replyThatFillsContextByItselfEnds() {
    withConversation(
        chat,
        ContextFullPolicy.DROP_OLDEST,
        (session, conversation) -> {
          conversation.reply("one", FOUR, TextSink.NONE);
          Generation reply = conversation.reply("two", UNLIMITED, TextSink.NONE);
          assertThat(reply.reason()).isEqualTo(FinishReason.CONTEXT_FULL);
          assertThat(session.position()).isEqualTo(CONTEXT);
          assertThat(conversation.dropped()).isEqualTo(1);
          assertThat(conversation.reply("three", FOUR, TextSink.NONE).tokens()).hasSize(4);
          assertThat(conversation.dropped()).isEqualTo(2);
          assertThat(sessionText(session))
              .startsWith("<|im_start|>s be brief<|im_end|><|im_start|>u three");
        });
  }

  @Test
  void rejectsMessageLongerThanContext() {
    for (ContextFullPolicy policy : ContextFullPolicy.values()) {
      for (Model model : List.of(chat, plain)) {
        withConversation(
            model,
            policy,
            (session, conversation) -> {
              conversation.reply("one", FOUR, TextSink.NONE);
              List<ChatMessage> before = conversation.messages();
              assertThatThrownBy(() -> conversation.reply("x".repeat(200), FOUR, TextSink.NONE))
                  .isInstanceOfSatisfying(
                      ContextFullException.class,
                      e -> {
                        assertThat(e.isAlone()).isTrue();
                        assertThat(e.tokens()).isGreaterThan(150);
                        assertThat(e.fit()).isEqualTo(CONTEXT);
                      })
                  .hasMessageContaining("which do not fit into a context of 96");
              assertThat(conversation.messages()).isEqualTo(before);
              assertThat(conversation.dropped()).isZero();
              Generation next = conversation.reply("two", FOUR, TextSink.NONE);
              assertThat(next.metrics().promptTokens()).isLessThan(25);
            });
      }
    }
  }

  @Test
  void stopPolicyRejectsMessagesOnceFull() {
    withConversation(
        chat,
        ContextFullPolicy.STOP,
        (session, conversation) -> {
          conversation.reply("one", FOUR, TextSink.NONE);
          Generation full = conversation.reply("two", UNLIMITED, TextSink.NONE);
          assertThat(full.reason()).isEqualTo(FinishReason.CONTEXT_FULL);
          assertThatThrownBy(() -> conversation.reply("three", FOUR, TextSink.NONE))
              .isInstanceOfSatisfying(
                  ContextFullException.class, e -> assertThat(e.isAlone()).isFalse())
              .hasMessageStartingWith("the conversation has ");
          assertThat(conversation.dropped()).isZero();
          assertThat(conversation.messages()).hasSize(5);
        });
  }

  @Test
  void dropsOldestExchangesWithoutTemplate() {
    withConversation(
        plain,
        ContextFullPolicy.DROP_OLDEST,
        (session, conversation) -> {
          for (int i = 0; i < 30; i++) {
            conversation.reply(" message " + i, FOUR, TextSink.NONE);
            assertThat(sessionText(session))
                .startsWith("be brief\n message ")
                .contains(" message " + i);
          }
          assertThat(conversation.dropped()).isBetween(20, 29);
          assertThat(sessionText(session))
              .startsWith("be brief\n message " + conversation.dropped());
        });
  }

  @Test
  void keepsReplyCancelledWhileDropping() {
    withConversation(
        chat,
        ContextFullPolicy.DROP_OLDEST,
        (session, conversation) -> {
          conversation.reply("one", FOUR, TextSink.NONE);
          StringBuilder shown = new StringBuilder();
          Generation reply =
              conversation.reply(
                  "two",
                  UNLIMITED,
                  text -> {
                    shown.append(text);
                    if (session.position() == CONTEXT) {
                      session.cancel();
                    }
                  });
          session.resume();
          assertThat(reply.reason()).isEqualTo(FinishReason.CANCELLED);
          assertThat(conversation.messages().getLast())
              .isEqualTo(ChatMessage.assistant(shown.toString()));
          assertThat(conversation.reply("three", FOUR, TextSink.NONE).tokens()).hasSize(4);
        });
  }
}
