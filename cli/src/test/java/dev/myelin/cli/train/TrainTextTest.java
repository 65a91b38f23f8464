package dev.myelin.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.Outcome;
import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.EnglishText;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomVocabulary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code myelin train}: special tokens in texts, conversations, and what a resumed run accepts. */
class TrainTextTest {
  private static final String CHATML =
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
          + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
  private static final String CHAT =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"who\"},"
          + " {\"role\": \"assistant\", \"content\": \"pip\"}]}\n";

  @TempDir static Path folder;
  static Path base;

  @BeforeAll
  static void write() {
    base = folder.resolve("base.gguf");
    new ChangedModel(
            RandomModel.small("llama")
                .withShape(new Shape(1, 64, 4, 2, 16, 96, 320, 128))
                .withVocabulary(RandomVocabulary.Kind.QWEN2)
                .writer()
                .toBytes())
        .put("tokenizer.chat_template", CHATML)
        .write(base);
  }

  private static Outcome train(Object... arguments) {
    List<String> all = new ArrayList<>(List.of("train"));
    Arrays.stream(arguments).map(Object::toString).forEach(all::add);
    return Outcome.of(all.toArray(String[]::new));
  }

  /** Fine-tunes with options for a fast test. */
  private static Outcome tune(Path output, Object... more) {
    List<Object> all =
        new ArrayList<>(
            List.of("-o", output, "--init-from", base, "-c", 16, "-b", 2, "-n", 2, "-t", 1));
    all.addAll(List.of("--evaluate-every", 0, "--val-split", 0));
    all.addAll(Arrays.asList(more));
    return train(all.toArray());
  }

  private static int tokens(Outcome outcome) {
    assertThat(outcome.status()).as(outcome.err()).isZero();
    String line = outcome.err().lines().filter(l -> l.startsWith("text ")).findFirst().get();
    return Integer.parseInt(line.replaceFirst("text +([\\d,]+) tokens.*", "$1").replace(",", ""));
  }

  @Test
  void notesOrParsesControlTokens() throws Exception {
    String turn = "<|im_start|>user\nwho<|im_end|>\n";
    Path text = Files.writeString(folder.resolve("turns.txt"), turn.repeat(20));
    Outcome plain = tune(folder.resolve("plain.gguf"), text);
    assertThat(plain.err())
        .contains(
            "note: "
                + text
                + ": contains the text of control token <|im_start|>, which is encoded as plain"
                + " text\n")
        .contains("note: --parse-special parses it as the token, --chat reads conversations\n");
    Outcome parsed = tune(folder.resolve("parsed.gguf"), text, "--parse-special");
    assertThat(parsed.err()).doesNotContain("note: ");
    // each special token is one token instead of a dozen
    assertThat(tokens(parsed)).isLessThan(tokens(plain) / 2);
    Path other = Files.writeString(folder.resolve("other.txt"), "who is it ".repeat(40));
    assertThat(tune(folder.resolve("other.gguf"), other).err()).doesNotContain("note: ");
  }

  @Test
  void trainsOnConversationsAndResumes() throws Exception {
    Path chats = Files.writeString(folder.resolve("chats.jsonl"), CHAT.repeat(3) + "\n" + CHAT);
    Path whole = folder.resolve("whole.gguf");
    Outcome outcome = tune(whole, "--chat", chats, "--lora", "-n", 6);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.err())
        .containsPattern("text +\\d+ tokens, \\d+ trained on; 0 for validation");
    Path parts = folder.resolve("parts.gguf");
    assertThat(tune(parts, "--chat", chats, "--lora", "-n", 3).status()).isZero();
    Outcome missing = train("--chat", chats, "-o", parts, "--resume", "-n", 6, "-t", 1);
    assertThat(missing.status()).isEqualTo(2);
    assertThat(missing.err())
        .contains("is the state of an adapter: expected --lora and --init-from FILE");
    Object[] resume = {
      "--chat", chats, "-o", parts, "--resume", "--lora", "--init-from", base, "-n", 6, "-t", 1
    };
    Object[] otherRank = Arrays.copyOf(resume, resume.length + 2);
    otherRank[resume.length] = "--lora-rank";
    otherRank[resume.length + 1] = 3;
    Outcome contradicting = train(otherRank);
    assertThat(contradicting.status()).isEqualTo(2);
    assertThat(contradicting.err()).contains("--lora-rank 3: the run was started with 8");
    assertThat(train(resume).status()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"messages\": [|chats.jsonl line 2: line 1, column",
        "[1]|chats.jsonl line 2: [0] = 1: expected an object",
        "{\"message\": []}|chats.jsonl line 2: expected an array of messages",
        "{\"messages\": []}|chats.jsonl line 2: messages[]: expected at least one message",
        "{\"messages\": [{\"content\": \"a\"}]}|chats.jsonl line 2: messages[0].role",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}|line 2: expected an assistant"
            + " message",
        "plain text|chats.jsonl line 2: line 1, column"
      })
  void reportsMalformedLine(String line, String expected) throws Exception {
    Path chats = Files.writeString(folder.resolve("chats.jsonl"), CHAT + line + "\n" + CHAT);
    Outcome outcome = tune(folder.resolve("never.gguf"), "--chat", chats);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err()).startsWith("myelin: ").contains(expected).hasLineCount(1);
    assertThat(folder.resolve("never.gguf")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--chat C|--chat without --init-from: a new model has no chat template to render with",
        "--chat C T --init-from B|TEXT and --chat: expected one of them",
        "--init-from B|no text: give a file or folder of text, or conversations with --chat FILE",
        "--chat C --init-from B --parse-special|--parse-special with --chat: ",
        "--chat C --init-from B --whole-documents|--whole-documents with --chat: "
      })
  void rejectsWrongUsage(String options, String expected) throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "a b c");
    Path chats = Files.writeString(folder.resolve("usage.jsonl"), CHAT);
    List<Object> words = new ArrayList<>(List.of("-o", folder.resolve("never.gguf")));
    for (String word : options.split(" ")) {
      words.add(
          switch (word) {
            case "C" -> chats;
            case "T" -> text;
            case "B" -> base;
            default -> word;
          });
    }
    Outcome outcome = train(words.toArray());
    assertThat(outcome.err()).startsWith("myelin train: ").contains(expected).hasLineCount(1);
    assertThat(outcome.status()).isEqualTo(2);
  }

  @Test
  void resumeRejectsContradictingOptions() throws Exception {
    Path text =
        Files.writeString(folder.resolve("stories.txt"), new EnglishText(3).stories(40_000));
    Path output = folder.resolve("model.gguf");
    Object[] shape = {
      "--layers", 1, "--width", 32, "--heads", 4, "--kv-heads", 2, "--vocab-size", 320
    };
    List<Object> first =
        new ArrayList<>(List.of(text, "-o", output, "-n", 2, "-c", 16, "-b", 1, "-t", 1));
    first.addAll(Arrays.asList(shape));
    Outcome begun = train(first.toArray());
    assertThat(begun.status()).as(begun.err()).isZero();
    List<Object> resume = List.of(text, "-o", output, "--resume", "-n", 3, "-t", 1);
    String[] contradicting = {
      "--layers 3",
      "--width 64",
      "--heads 2",
      "--kv-heads 4",
      "--feed-forward 512",
      "--vocab-size 999",
      "--tokenizer bpe",
      "--experts 4",
      "--experts-used 2",
      "--rope-base 500",
      "--val-split 0.2"
    };
    String[] earlier = {"1", "32", "4", "2", "96", "320", "spm", "0", "0", "10000.0", "0.05"};
    for (int i = 0; i < contradicting.length; i++) {
      Outcome refused = resumed(resume, (Object[]) contradicting[i].split(" "));
      String option = contradicting[i].split(" ")[0];
      assertThat(refused.status()).as(contradicting[i]).isEqualTo(2);
      assertThat(refused.err())
          .startsWith("myelin train: " + option + " ")
          .contains(": the run was started with " + earlier[i])
          .hasLineCount(1);
    }
    assertThat(resumed(resume, "--untied").status()).isEqualTo(2);
    assertThat(resumed(resume, "--embedding-std", "0.1").status()).isEqualTo(2);
    assertThat(resumed(resume, "--parse-special").status()).isEqualTo(2);
    assertThat(resumed(resume, "--init-from", base).err())
        .contains("--init-from with --resume: ")
        .contains("is the state of a whole model");
    assertThat(resumed(resume, shape).status()).isZero();
  }

  private static Outcome resumed(List<Object> resume, Object... more) {
    List<Object> all = new ArrayList<>(resume);
    all.addAll(Arrays.asList(more));
    return train(all.toArray());
  }
}
