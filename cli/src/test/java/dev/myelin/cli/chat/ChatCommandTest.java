package dev.myelin.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.Outcome;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code myelin chat} with its input from a pipe. */
class ChatCommandTest {
  private static final String NOTICE = "the model has no chat template: it continues your text\n";

  @TempDir static Path folder;
  static Path plain;
  static Path chat;
  static Path broken;
  static Path ownPrompt;

  @BeforeAll
  static void write() {
    plain = RandomModel.small("llama").write(folder.resolve("plain.gguf"));
    RandomModel model = RandomModel.small("qwen2").withVocabulary(RandomVocabulary.Kind.QWEN2);
    chat = folder.resolve("chat.gguf");
    model
        .writer()
        .put(
            "tokenizer.chat_template",
            "{% for m in messages %}<|im_start|>{{ m.role }}\n"
                + "{{ m.content }}<|im_end|>\n"
                + "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
                + "{% endif %}")
        .write(chat);
    ownPrompt = folder.resolve("own.gguf");
    model
        .writer()
        .put(
            "tokenizer.chat_template",
            "{% if messages[0].role != 'system' %}<|im_start|>system\n"
                + "Be kind.<|im_end|>\n"
                + "{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n"
                + "{{ m.content }}<|im_end|>\n"
                + "{% endfor %}")
        .write(ownPrompt);
    broken = folder.resolve("broken.gguf");
    model.writer().put("tokenizer.chat_template", "{% for m in %}").write(broken);
  }

  private static Outcome chat(Path model, String input, String... more) {
    String[] words = {"chat", "-m", model.toString(), "-t", "1", "--temp", "0", "-n", "6"};
    String[] all = Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return Outcome.withInput(input, all);
  }

  @Test
  void continuesTextWithoutTemplate() {
    Outcome outcome = chat(plain, "once upon a time");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.err()).isEqualTo(NOTICE);
    Outcome run =
        Outcome.of("run", "-m", plain, "-p", "once upon a time", "-n", 6, "--temp", 0, "-t", 1);
    assertThat(outcome.out()).isEqualTo(run.out().substring("once upon a time".length()));
  }

  @Test
  void repliesToEachMessage() {
    Outcome outcome = chat(chat, "hello\n\n  \nagain\n/stats\n", "--ignore-eos");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.err()).contains("generation         6 tokens", "stopped by   length");
    String first = chat(chat, "hello\n", "--ignore-eos").out();
    assertThat(outcome.out()).startsWith(first).hasSizeGreaterThan(first.length());
  }

  @Test
  void secondTurnReusesContext() {
    String prompts = "a rather long first message of many tokens\n/stats\nb\n/stats\n";
    int[] fed =
        chat(plain, prompts)
            .err()
            .lines()
            .filter(l -> l.startsWith("prompt"))
            .mapToInt(l -> Integer.parseInt(l.split("\\s+")[1]))
            .toArray();
    assertThat(fed).hasSize(2);
    assertThat(fed[1]).isLessThan(6);
    assertThat(fed[0]).isGreaterThan(10);
  }

  @Test
  void resetKeepsSystemPrompt() throws Exception {
    Path saved = folder.resolve("reset.txt");
    Outcome outcome =
        chat(chat, "hello\n/reset\nhello\n/save " + saved + "\n", "--system", "be brief");
    String[] replies = outcome.out().split("(?<=\n)");
    String once = chat(chat, "hello\n", "--system", "be brief").out();
    assertThat(outcome.out()).isEqualTo(once + once).as("%s", (Object) replies);
    assertThat(outcome.err()).contains("new conversation\n", "saved 3 messages to " + saved);
    assertThat(Files.readString(saved))
        .startsWith("system:\nbe brief\n\nuser:\nhello\n\nassistant:\n");
  }

  @Test
  void systemCommandStartsNewConversation() throws Exception {
    Path saved = folder.resolve("system.txt");
    Outcome outcome = chat(chat, "hi\n/system speak like a pirate\nho\n/save " + saved + "\n");
    assertThat(outcome.status()).isZero();
    assertThat(Files.readString(saved))
        .startsWith("system:\nspeak like a pirate\n\nuser:\nho\n\nassistant:\n");
  }

  @Test
  void saveDoesNotOverwrite() throws Exception {
    Path saved = Files.writeString(folder.resolve("mine.txt"), "mine");
    Outcome outcome = chat(plain, "a\n/save " + saved + "\n");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err()).endsWith("myelin: " + saved + ": exists already\n");
    assertThat(saved).hasContent("mine");
  }

  @Test
  void rejectsUnknownCommands() {
    Outcome outcome = chat(plain, "/hlep\n/what\n/help\n/exit\nnever answered\n");
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .contains("unknown command /hlep: did you mean /help? (/help lists all)\n")
        .contains("unknown command /what (/help lists all)\n")
        .contains("/save FILE    write the conversation to a new file\n");
  }

  @Test
  void joinsContinuedLines() throws Exception {
    Path saved = folder.resolve("lines.txt");
    String input = "one\\\ntwo\n\"\"\"\nthree\n\nfour\"\"\"\n\"\"\"five\"\"\"\n /six\n/save ";
    Outcome outcome = chat(chat, input + saved + "\n");
    assertThat(outcome.status()).isZero();
    assertThat(Files.readString(saved))
        .contains("user:\none\ntwo\n\n", "user:\nthree\n\nfour\n\n", "user:\nfive\n\n")
        .contains("user:\n/six\n\n");
  }

  @Test
  void notesFullContextOnce() {
    String said = "the context of 60 tokens is full: the oldest messages are dropped from now on";
    String[] options = {"-n", "4", "-c", "60", "--ignore-eos"};
    for (Path model : new Path[] {plain, chat}) {
      Outcome outcome = chat(model, "once upon a time\n".repeat(9) + "/stats\n", options);
      assertThat(outcome.status()).isZero();
      assertThat(outcome.err())
          .containsOnlyOnce(
              said + " (-c sets a longer one, up to the 512 that the model was trained with)\n")
          .containsPattern("context +\\d+ of 60 tokens, first \\d messages and replies dropped");
    }
  }

  @Test
  void endsReplyAtFullContext() {
    for (String onFull : new String[] {"drop", "stop"}) {
      Outcome outcome =
          chat(plain, "once\n", "-n", "-1", "-c", "30", "--ignore-eos", "--on-full", onFull);
      assertThat(outcome.status()).isZero();
      assertThat(outcome.err()).contains("the context of 30 tokens is full: the reply ends (");
    }
  }

  @Test
  void onFullStopFailsPipedConversation() {
    String[] options = {"-n", "-1", "-c", "30", "--ignore-eos", "--on-full", "stop"};
    Outcome outcome = chat(plain, "once upon a time\nmore\n", options);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err())
        .containsPattern("the conversation has \\d+ tokens, which do not fit into a context of 30")
        .contains(
            "(/reset starts a new one, --on-full drop continues it, -c sets a longer one, up to");
  }

  @Test
  void rejectsTooLongMessage() {
    String message = "a rather long message ".repeat(5) + "\n";
    Outcome outcome = chat(plain, message, "-c", "30");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err())
        .containsPattern("myelin: the message, .* has \\d+ tokens, which do not fit into a context")
        .endsWith(" (-c sets a longer one, up to the 512 that the model was trained with)\n")
        .doesNotContain("/reset");
  }

  @Test
  void notesContextBeyondTraining() {
    Outcome outcome = chat(plain, "once\n", "-c", "600");
    assertThat(outcome.err())
        .startsWith(
            "-c 600: the model was trained with a context of 512 tokens: longer text is worse\n");
  }

  @Test
  void seedRepeatsSession() {
    String input = "hello\n/reset\nhello\n/stats\n";
    String[] options = {"--temp", "5", "--top-k", "0", "--seed", "7", "--ignore-eos"};
    Outcome outcome = chat(chat, input, options);
    String first = chat(chat, "hello\n", options).out();
    assertThat(outcome.out()).startsWith(first).isNotEqualTo(first + first);
    assertThat(chat(chat, input, options).out()).isEqualTo(outcome.out());
    assertThat(outcome.err()).containsPattern("seed +7\n");
    options[5] = "-1";
    assertThat(chat(chat, input, options).out()).isNotEqualTo(chat(chat, input, options).out());
  }

  @Test
  void messageControlTokensAreText() {
    for (Path model : new Path[] {plain, chat}) {
      assertThat(promptTokens(model, "<|im_end|></s>")).isGreaterThan(promptTokens(model, "") + 5);
    }
    assertThat(promptTokens(chat, "x<|im_end|>")).isEqualTo(promptTokens(chat, "x<|im_enx|>"));
  }

  private static int promptTokens(Path model, String message) {
    String line = chat(model, "." + message + "\n/stats\n").err();
    return Integer.parseInt(line.replaceFirst("(?s).*prompt +(\\d+) tokens.*", "$1"));
  }

  @Test
  void expandsTilde() throws Exception {
    byte[] input = "hi\n/save ~/tilde.txt\n".getBytes(StandardCharsets.UTF_8);
    String[] words = {"chat", "-m", plain.toString(), "-n", "2", "-t", "1"};
    Outcome outcome = Outcome.withInput(input, Map.of("HOME", folder.toString()), words);
    assertThat(outcome.err()).endsWith("saved 2 messages to " + folder.resolve("tilde.txt") + "\n");
    assertThat(Files.readString(folder.resolve("tilde.txt")))
        .startsWith("user:\nhi\n\nassistant:\n");
  }

  @Test
  void showsTemplatesSystemPrompt() {
    assertThat(chat(chat, "/system\n").err())
        .isEqualTo("new conversation, without system prompt\n");
    assertThat(chat(ownPrompt, "/system\n").err())
        .isEqualTo("new conversation, with the template's system prompt: Be kind.\n");
    assertThat(chat(ownPrompt, "/system Be brief.\n").err())
        .isEqualTo("new conversation, with this system prompt\n");
  }

  @Test
  void rejectsNonUtf8Message() {
    byte[] input = {'a', (byte) 0xff, '\n'};
    Outcome outcome = Outcome.withInput(input, Map.of(), "chat", "-m", chat.toString());
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err()).isEqualTo("myelin: standard input: expected UTF-8\n");
  }

  @Test
  void reportsBrokenTemplate() {
    Outcome outcome = chat(broken, "hello\n");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err()).startsWith("myelin: " + broken + ": tokenizer.chat_template");
    assertThat(outcome.err()).hasLineCount(1);
  }

  @Test
  void sessionContinuesWithoutComputingAgain() throws Exception {
    Path file = folder.resolve("session.chat");
    String first = "a rather long first message of many tokens\n";
    Outcome whole = chat(chat, first + "and now\n/stats\n");
    Outcome begin = chat(chat, first, "--session", file.toString());
    assertThat(begin.status()).isZero();
    assertThat(begin.err()).contains("saved " + file + ": 2 messages\n");
    Outcome end = chat(chat, "and now\n/stats\n", "--session", file.toString());
    assertThat(end.err()).contains("resumed " + file + ": 2 messages, ");
    assertThat(begin.out() + end.out()).isEqualTo(whole.out());
    assertThat(promptTokens(end)).isEqualTo(promptTokens(whole)).isLessThan(30);
    assertThat(end.err()).contains("saved " + file + ": 4 messages\n");
    Outcome nothing = chat(chat, "", "--session", file.toString());
    assertThat(nothing.err()).contains("resumed " + file + ": 4 messages").doesNotContain("saved");
  }

  private static int promptTokens(Outcome outcome) {
    return outcome
        .err()
        .lines()
        .filter(l -> l.startsWith("prompt "))
        .mapToInt(l -> Integer.parseInt(l.split("\\s+")[1]))
        .sum();
  }

  @Test
  void sessionKeepsItsSystemPrompt() {
    Path file = folder.resolve("system.chat");
    String[] session = {"--session", file.toString()};
    chat(chat, "hi\n", "--session", file.toString(), "--system", "be brief");
    Outcome same = chat(chat, "ho\n", "--session", file.toString(), "--system", "be brief");
    assertThat(same.status()).isZero();
    assertThat(same.err()).contains("saved " + file + ": 5 messages");
    assertThat(chat(chat, "", session).status()).isZero();
    Outcome other = chat(chat, "ho\n", "--session", file.toString(), "--system", "be long");
    assertThat(other.status()).isEqualTo(1);
    assertThat(other.err())
        .endsWith(
            "myelin: "
                + file
                + ": the conversation has another system prompt (omit --system, and use"
                + " /system)\n");
  }

  @Test
  void sessionOfAnotherModelIsRefused() throws Exception {
    Path file = folder.resolve("other.chat");
    chat(chat, "hi\n", "--session", file.toString());
    byte[] before = Files.readAllBytes(file);
    Outcome outcome = chat(plain, "hi\n", "--session", file.toString());
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).contains("myelin: " + file + ": model ").endsWith("\n");
    assertThat(file).hasBinaryContent(before);
    Files.writeString(file, "no snapshot, but a text");
    Outcome text = chat(chat, "hi\n", "--session", file.toString());
    assertThat(text.status()).isEqualTo(1);
    assertThat(text.err()).contains(file + ": no snapshot of a sequence: expected one");
    assertThat(file).hasContent("no snapshot, but a text");
  }

  @Test
  void promptCacheIsReadByTheNextChat() {
    String[] cache = {"--prompt-cache", folder.resolve("pages").toString()};
    String message = "a message that is long enough for a page ".repeat(4) + "\n/stats\n";
    Outcome plainly = chat(chat, message);
    Outcome first = chat(chat, message, cache);
    assertThat(first.err()).doesNotContain("prompt cache");
    Outcome second = chat(chat, message, cache);
    assertThat(second.err()).containsPattern("prompt cache +\\d+ tokens\n");
    assertThat(second.out()).isEqualTo(first.out()).isEqualTo(plainly.out());
    Outcome wrong = chat(chat, message, "--prompt-cache-size", "1G");
    assertThat(wrong.status()).isEqualTo(2);
  }
}
