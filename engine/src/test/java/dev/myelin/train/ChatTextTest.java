package dev.myelin.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.chat.ChatTokens;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.ModelFileException;
import dev.myelin.generate.FinishReason;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generation;
import dev.myelin.generate.Generator;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomVocabulary;
import dev.myelin.testing.TestModels;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.train.Training.Files;
import dev.myelin.train.TrainingOptions.Data;
import dev.myelin.train.TrainingOptions.Intervals;
import dev.myelin.train.TrainingText.Encoded;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training on conversations: which tokens count in the loss, and that a model learns to end a turn.
 */
class ChatTextTest {
  private static final Shape TINY = new Shape(2, 64, 4, 2, 16, 96, 320, 128);

  private static final String CHATML =
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
          + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

  @TempDir Path folder;

  private Path model(String template) {
    Path file = folder.resolve("base.gguf");
    ChangedModel changed =
        new ChangedModel(
            RandomModel.small("llama")
                .withShape(TINY)
                .withVocabulary(RandomVocabulary.Kind.QWEN2)
                .writer()
                .toBytes());
    if (template != null) {
      changed.put("tokenizer.chat_template", template);
    }
    changed.write(file);
    return file;
  }

  private static ChatSample chat(String... turns) {
    List<Map<String, Object>> messages = new ArrayList<>();
    for (int i = 0; i < turns.length; i += 2) {
      messages.add(Map.of("role", turns[i], "content", turns[i + 1]));
    }
    return new ChatSample("chats line " + turns.length, messages, Map.of());
  }

  private Encoded encoded(String template, ChatSample... samples) {
    try (Model model = Model.load(model(template))) {
      return TrainingText.of(List.of(samples), List.of()).encode(model, 1);
    }
  }

  /** The text of each run of tokens that count in the loss, with control tokens. */
  private List<String> trainedText(String template, ChatSample sample) {
    return trainedText(model(template), sample);
  }

  private static List<String> trainedText(Path file, ChatSample sample) {
    List<String> runs = new ArrayList<>();
    try (Model model = Model.load(file)) {
      int[] ids = TrainingText.of(List.of(sample), List.of()).encode(model, 1).training().ids();
      Tokenizer tokenizer = model.tokenizer();
      for (int from = 0; from < ids.length; from++) {
        int to = from;
        while (to < ids.length && ids[to] >= 0) {
          to++;
        }
        if (to > from) {
          runs.add(tokenizer.decode(Arrays.copyOfRange(ids, from, to), true));
          from = to;
        }
      }
    }
    return runs;
  }

  @Test
  void trainsOnAssistantTokensAndEndOfTurn() {
    ChatSample sample =
        chat(
            "system",
            "be kind",
            "user",
            "hi",
            "assistant",
            "hello",
            "user",
            "a?",
            "assistant",
            "yes");
    assertThat(trainedText(CHATML, sample)).containsExactly("hello<|im_end|>", "yes<|im_end|>");
    int[] ids = encoded(CHATML, sample).training().ids();
    try (Model model = Model.load(model(CHATML))) {
      Tokenizer tokenizer = model.tokenizer();
      int[] plain = Arrays.stream(ids).map(id -> id < 0 ? ~id : id).toArray();
      assertThat(plain)
          .isEqualTo(
              ChatTokens.of(
                  model.chatTemplate().orElseThrow().renderMaps(sample.messages(), false, Map.of()),
                  tokenizer));
    }
  }

  @Test
  void supportsTemplateOfPublishedModel() {
    Path smol = TestModels.path(TestModels.SMOL);
    ChatSample sample =
        chat("user", "Hi <|im_end|>!", "assistant", "Hello.", "user", "Tea?", "assistant", "Yes");
    assertThat(trainedText(smol, sample)).containsExactly("Hello.<|im_end|>", "Yes<|im_end|>");
  }

  @Test
  void encodesControlTokensInMessagesAsText() {
    ChatSample sample = chat("user", "x<|im_end|>", "assistant", "y<|im_end|>z");
    assertThat(trainedText(CHATML, sample)).containsExactly("y<|im_end|>z<|im_end|>");
    int[] ids = encoded(CHATML, sample).training().ids();
    try (Model model = Model.load(model(CHATML))) {
      int end = model.tokenizer().vocabulary().id("<|im_end|>").orElseThrow();
      assertThat(Arrays.stream(ids).filter(id -> id == end)).hasSize(1);
      assertThat(Arrays.stream(ids).filter(id -> id == ~end)).hasSize(1);
    }
  }

  /**
   * Templates of reasoning models render the reasoning of the last reply only, even if it is empty.
   */
  @Test
  void templateMayRenderLastReplyDifferently() {
    String thinking =
        CHATML.replace(
            "{{ m.content }}",
            "{% if loop.last and m.role == 'assistant' %}[t]{% endif %}{{ m.content }}");
    ChatSample sample = chat("user", "a", "assistant", "b", "user", "c", "assistant", "d");
    assertThat(trainedText(thinking, sample)).containsExactly("b<|im_end|>", "[t]d<|im_end|>");
  }

  @Test
  void rejectsTemplateThatChangesThePrefix() {
    String counting = "{{ messages|length }}" + CHATML;
    assertThatThrownBy(() -> encoded(counting, chat("user", "a", "assistant", "b")))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith(
            "chats line 4: message 1: the chat template renders the text before it differently")
        .message()
        .doesNotContain("\n");
  }

  /** The generation prompt ends within the reasoning, which the messages do not have. */
  @Test
  void promptThatStartsReasoningNeedsVariable() {
    String reasoning =
        CHATML.replace(
            "assistant\n{% endif %}",
            "assistant\n{% if enable_thinking is not defined %}<think>\n{% endif %}{% endif %}");
    ChatSample sample = chat("user", "a", "assistant", "b");
    assertThatThrownBy(() -> encoded(reasoning, sample))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("such as {\"enable_thinking\": false}");
    ChatSample without =
        new ChatSample(sample.source(), sample.messages(), Map.of("enable_thinking", false));
    assertThat(trainedText(reasoning, without)).containsExactly("b<|im_end|>");
  }

  @Test
  void rejectsConversationWithoutAssistant() {
    assertThatThrownBy(() -> encoded(CHATML, chat("user", "a")))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("chats line 2: expected an assistant message to train on");
  }

  @Test
  void rejectsModelWithoutChatTemplate() {
    assertThatThrownBy(() -> encoded(null, chat("user", "a", "assistant", "b")))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("no tokenizer.chat_template");
  }

  @Test
  void notesTemplateWithoutEndOfTurn() {
    String endless =
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
            + "{% if add_generation_prompt %}assistant: {% endif %}";
    ChatSample sample = chat("user", "a", "assistant", "b");
    assertThat(encoded(endless, sample).notes())
        .singleElement()
        .asString()
        .startsWith("chats line 4: the chat template adds no end-of-turn token");
    assertThat(encoded(CHATML, sample).notes()).isEmpty();
  }

  @Test
  void windowsHoldOneConversationWithTargets() {
    int[] ids = {~1, ~2, 3, 4, ~5, ~6, 7, 8, 9, ~10, ~11, ~12, ~13, ~14, ~15, 16};
    TrainingText.Tokens tokens =
        new TrainingText.Tokens(ids, new WindowRanges(new int[] {0, 5}, new int[] {5, 16}));
    WindowRanges pieces = ChatText.cutIntoWindows(tokens, new BatchShape(1, 3));
    // the second window of the first conversation has no targets, nor have two of the other's
    assertThat(pieces.starts()).containsExactly(0, 5, 14);
    assertThat(pieces.ends()).containsExactly(5, 16, 16);
    int[] window = new int[4];
    pieces.copy(ids, 2, window, 0, 4);
    assertThat(window).containsExactly(~15, 16, ~0, ~0);
    pieces.copy(ids, 0, window, 0, 4);
    assertThat(window).containsExactly(~1, ~2, 3, 4);
  }

  @Test
  void modelLearnsToAnswerAndEndItsTurn() {
    Path base = model(CHATML);
    List<ChatSample> chats =
        List.of(
            chat("user", "who", "assistant", "pip"), chat("user", "what", "assistant", "tea cup"));
    TrainingOptions options =
        new TrainingOptions(
            new BatchShape(2, 40),
            120,
            0,
            new AdamW(1e-2f, 1e-3f, 5, 0.9f, 0.95f, 1e-8f, 0, 1f),
            new Data(3, 0, false),
            new Intervals(60, 0, 0),
            1);
    Files files = Files.of(folder.resolve("tuned.gguf"));
    try (TrainingRun run =
        Training.fineTune(base, TrainingText.of(chats, chats), options, files, Map.of())) {
      assertThat(run.targetTokens()).isPositive().isLessThan(run.trainingTokens() / 2);
      run.run(new TrainingRun.Listener() {});
      List<History.Evaluation> measured = run.history().evaluations();
      assertThat(measured.getLast().loss()).isLessThan(0.1f);
      // the validation set is the same conversations: the same tokens count
      assertThat(measured.getLast().loss())
          .isLessThan(3 * run.history().steps().getLast().loss() + 0.01f);
    }
    try (Model tuned = Model.load(files.output())) {
      for (ChatSample sample : chats) {
        Generation reply = reply(tuned, sample);
        assertThat(reply.text()).isEqualTo(sample.messages().getLast().get("content"));
        assertThat(reply.reason()).isEqualTo(FinishReason.END_OF_TEXT);
      }
    }
  }

  private static Generation reply(Model model, ChatSample sample) {
    int[] prompt =
        ChatTokens.of(
            model
                .chatTemplate()
                .orElseThrow()
                .renderMaps(sample.messages().subList(0, 1), true, Map.of()),
            model.tokenizer());
    try (Session session = Session.open(model, SessionOptions.defaults().withThreads(1))) {
      return new Generator(session, SamplingOptions.greedy())
          .generate(prompt, GenerateOptions.tokens(30), text -> {});
    }
  }
}
