package dev.myelin.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.cli.Outcome;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.SharedData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code myelin score}: one prompt, a list of them, and one with labels. */
class ScoreCommandTest {
  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() throws Exception {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Files.writeString(folder.resolve("plain.txt"), "it was fine\r\n\r\nit was\tbad\r\n");
    Files.writeString(folder.resolve("labelled.tsv"), "good\tit was fine\nbad\tit was not\n");
    Files.writeString(folder.resolve("half.tsv"), "good\tit was fine\n\nit was not\n");
    Files.writeString(folder.resolve("unknown.tsv"), "good\tit was fine\nugly\tit was not\n");
    Files.writeString(folder.resolve("strange.tsv"), "x\tit was fine\ny\tit was not\n");
    Files.writeString(folder.resolve("empty.txt"), "\n\n");
    Files.writeString(folder.resolve("long.txt"), "fine\n" + "xy".repeat(400) + "\n");
    Files.write(folder.resolve("latin1.txt"), new byte[] {'c', 'a', 'f', (byte) 0xe9});
  }

  private static Outcome run(Object... more) {
    Object[] words = {"-m", model, "-t", 1, "--cache-type", "f32"};
    Object[] all = Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return Outcome.of("score", all);
  }

  private static JsonNode json(Object... more) throws Exception {
    Object[] all = Arrays.copyOf(more, more.length + 1);
    all[more.length] = "--json";
    Outcome outcome = run(all);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    return new ObjectMapper().readTree(outcome.out());
  }

  @Test
  void printsTable() {
    Outcome outcome = run("-p", "it was ", "--labels", "good, bad", "--continuation", "so, so ");
    assertThat(outcome.status()).isZero();
    List<String> lines = outcome.out().lines().toList();
    assertThat(lines).hasSize(6);
    assertThat(lines.get(0))
        .matches("continuation +tokens +log-probability +per token +probability");
    assertThat(lines.get(1)).matches("good +\\d+ +-[\\d.]+ +-[\\d.]+ +[\\d.]+ %");
    assertThat(lines.get(2)).startsWith("bad ");
    assertThat(lines.get(3)).startsWith("\"so, so \" ");
    assertThat(lines.get(5)).matches("predicted: .+");
    assertThat(outcome.err()).isEmpty();
  }

  @Test
  void printsJson() throws Exception {
    JsonNode root = json("-p", "it was ", "--labels", "good,bad,ugly");
    assertThat(root.get("continuations")).hasSize(3);
    double sum = 0;
    double best = -1;
    String winner = null;
    for (JsonNode c : root.get("continuations")) {
      double probability = c.get("probability").asDouble();
      sum += probability;
      if (probability > best) {
        best = probability;
        winner = c.get("continuation").asText();
      }
      assertThat(c.get("mean_log_probability").asDouble())
          .isCloseTo(c.get("log_probability").asDouble() / c.get("tokens").asInt(), within(1e-12));
    }
    assertThat(sum).isCloseTo(1, within(1e-9));
    assertThat(root.get("predicted").asText()).isEqualTo(winner);
  }

  @Test
  void normalizationChangesOnlyProbabilities() throws Exception {
    JsonNode sum = json("-p", "it was ", "--labels", "a,zqxzqxzqx");
    JsonNode mean = json("-p", "it was ", "--labels", "a,zqxzqxzqx", "--normalise", "mean");
    JsonNode american = json("-p", "it was ", "--labels", "a,zqxzqxzqx", "--normalize", "MEAN");
    assertThat(american).isEqualTo(mean);
    for (int i = 0; i < 2; i++) {
      JsonNode a = sum.get("continuations").get(i);
      JsonNode b = mean.get("continuations").get(i);
      assertThat(b.get("log_probability")).isEqualTo(a.get("log_probability"));
      assertThat(b.get("probability")).isNotEqualTo(a.get("probability"));
    }
  }

  @Test
  void readsPromptPerLine() throws Exception {
    Path plain = folder.resolve("plain.txt");
    Outcome outcome = run("-f", plain, "-p", "say: {} - {} ", "--labels", "good,bad");
    assertThat(outcome.out().lines())
        .satisfiesExactly(
            l -> assertThat(l).matches("predicted +probability  text"),
            l -> assertThat(l).matches("(good|bad) +[\\d.]+ %  it was fine"),
            l -> assertThat(l).matches("(good|bad) +[\\d.]+ %  it was\\\\tbad"));
    JsonNode root = json("-f", plain, "-p", "say: {} - {} ", "--labels", "good,bad");
    assertThat(root.get("prompts")).hasSize(2);
    assertThat(root.has("accuracy")).isFalse();
    assertThat(root.get("prompts").get(1).get("line").asInt()).isEqualTo(3);
    JsonNode alone = json("-p", "say: it was\tbad - it was\tbad ", "--labels", "good,bad");
    JsonNode second = root.get("prompts").get(1);
    assertThat(second.get("predicted")).isEqualTo(alone.get("predicted"));
    assertThat(second.get("continuations").get(0).get("log_probability").asDouble())
        .isCloseTo(
            alone.get("continuations").get(0).get("log_probability").asDouble(), within(1e-3));
  }

  @Test
  void labelsProduceSummary() throws Exception {
    Path labelled = folder.resolve("labelled.tsv");
    Outcome outcome = run("-f", labelled, "-p", "{} ", "--labels", "good,bad");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out())
        .containsPattern("predicted +probability  actual +text\n")
        .containsPattern("(good|bad) +[\\d.]+ %  good +it was fine\n")
        .containsPattern("\naccuracy  [\\d.]+ %, [012] of 2; 95 % interval [\\d.]+ to [\\d.]+ %\n")
        .containsPattern(
            "\nactual  predicted good  predicted bad\ngood +[01] +[01]\nbad +[01] +[01]\n$");
    JsonNode root = json("-f", labelled, "-p", "{} ", "--labels", "good,bad");
    assertThat(root.get("examples").asInt()).isEqualTo(2);
    int correct = 0;
    for (JsonNode prompt : root.get("prompts")) {
      correct += prompt.get("actual").equals(prompt.get("predicted")) ? 1 : 0;
    }
    assertThat(root.get("correct").asInt()).isEqualTo(correct);
    assertThat(root.get("accuracy").asDouble()).isEqualTo(correct / 2.0);
    assertThat(
            root.get("confusion_matrix").get(0).get("predicted").get("good").asInt()
                + root.get("confusion_matrix").get(0).get("predicted").get("bad").asInt())
        .isEqualTo(1);
  }

  @Test
  void readsStandardInput() throws Exception {
    String[] words = {
      "score",
      "-m",
      model.toString(),
      "-t",
      "1",
      "--cache-type",
      "f32",
      "-f",
      "-",
      "--labels",
      "a,b"
    };
    Path one = Files.writeString(folder.resolve("one.txt"), "it was \n");
    assertThat(Outcome.withInput("it was ", words).out())
        .isEqualTo(run("-f", one, "--labels", "a,b").out());
  }

  @Test
  void trainedModelClassifies() {
    Path story = SharedData.path("models/stories260K-f32.gguf");
    Outcome outcome =
        Outcome.withInput(
            "Lily\tOnce upon a time, there was a little girl named\n"
                + "park\tShe loved to play outside in the\n",
            "score",
            "-m",
            story.toString(),
            "-t",
            "1",
            "-f",
            "-",
            "-p",
            "{} ",
            "--labels",
            "park,Lily,under");
    assertThat(outcome.out())
        .contains("accuracy  100.0 %, 2 of 2; 95 % interval 34.2 to 100.0 %\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-p x                           | nothing to score: give --labels A,B or --continuation",
        "--labels a,b                   | no prompt: give -p TEXT, or -f FILE",
        "-p x --labels a                | continuations: expected two or more, found 1",
        "-p x --labels a,b,a            | continuation 'a' is given twice: expected each once",
        "-p x --labels a,,b             | a continuation is empty: expected a text",
        "-p x --labels a,b --continuation a | continuation 'a' is given twice",
        "-p x --labels a,b --normalize max | normalize max: known are sum, mean",
        "-p x --labels a,b -f F/plain.txt | --prompt with --file: expected {} in the prompt",
        "-p x --label a,b               | unknown option '--label': did you mean --labels?",
      })
  void rejectsWrongUsage(String line, String message) {
    Outcome outcome = run(words(line));
    assertThat(outcome.err()).startsWith("myelin score: ");
    outcome.assertFailed(2, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-f F/half.tsv    | half.tsv, line 3: no label and tab: expected one of good, bad before a",
        "-f F/unknown.tsv | unknown.tsv, line 2: label 'ugly': expected one of good, bad before a",
        "-f F/strange.tsv | strange.tsv, line 1: label 'x': expected one of good, bad before a tab",
        "-f F/empty.txt   | empty.txt: no text: expected one per line",
        "-f F/latin1.txt  | latin1.txt: byte 0xe9 at 3: expected UTF-8",
        "-f F/none.txt    | none.txt: no such file",
        "-f F/long.txt -c 64 | long.txt, line 2: prompt and continuation have ",
      })
  void reportsFailedWork(String line, String message) {
    Object[] more =
        Stream.concat(Arrays.stream(words(line)), Stream.of("--labels", "good,bad", "--json"))
            .toArray();
    Outcome outcome = run(more);
    assertThat(outcome.err()).startsWith("myelin: ");
    outcome.assertFailed(1, message);
  }

  private static Object[] words(String line) {
    return Stream.of(line.split(" "))
        .filter(word -> !word.isEmpty())
        .map(word -> word.replaceFirst("^F/", folder + "/"))
        .toArray();
  }

  @Test
  void noParseSpecialKeepsText() throws Exception {
    JsonNode special = json("-p", "a</s>b ", "--labels", "good,bad");
    JsonNode plain = json("-p", "a</s>b ", "--labels", "good,bad", "--no-parse-special");
    assertThat(plain.get("prompt_tokens").asInt())
        .isGreaterThan(special.get("prompt_tokens").asInt());
  }
}
