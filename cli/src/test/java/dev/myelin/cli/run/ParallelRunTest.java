package dev.myelin.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.cli.ChildProcess;
import dev.myelin.cli.Outcome;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomVocabulary.Kind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code myelin run --parallel}: many prompts from a file of JSON lines. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ParallelRunTest {
  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    RandomModel random = RandomModel.small("llama").withContextLength(50_000);
    model = random.write(folder.resolve("model.gguf"));
  }

  private static Path prompts(String name, String... lines) throws Exception {
    return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  private static Outcome run(Object... more) {
    Object[] words = {"run", "-m", model, "-t", 1, "--ignore-eos"};
    return Outcome.of(
        Stream.concat(Stream.of(words), Stream.of(more))
            .map(Object::toString)
            .toArray(String[]::new));
  }

  private static List<JsonNode> lines(String out) throws Exception {
    assertThat(out).endsWith("\n");
    List<JsonNode> lines = new ArrayList<>();
    for (String line : out.lines().toList()) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  private static String alone(String prompt, Object... more) {
    Object[] words = {"-p", prompt, "--no-display-prompt", "-n", 12};
    String out = run(Stream.concat(Stream.of(words), Stream.of(more)).toArray()).out();
    return out.endsWith("\n") ? out.substring(0, out.length() - 1) : out;
  }

  @Test
  void textsAreThoseOfEachAlone() throws Exception {
    Path file =
        prompts(
            "alone.jsonl",
            "{\"id\": \"one\", \"prompt\": \"once upon a time\", \"temperature\": 0}",
            "{\"id\": 2, \"prompt\": \"the dog\", \"seed\": 5}",
            "",
            "{\"custom_id\": \"r\", \"method\": \"POST\", \"url\": \"/v1/completions\", \"body\":"
                + " {\"model\": \"m\", \"prompt\": \"a cat\", \"max_tokens\": 3, \"seed\": 6}}",
            "{\"prompt\": \"the dog\", \"temperature\": 2, \"top_k\": 0}");
    Outcome outcome = run("-f", file, "--parallel", 3, "-n", 12, "--seed", 9);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    List<JsonNode> results = lines(outcome.out());
    assertThat(results.stream().map(r -> r.get("index").asInt())).containsExactly(0, 1, 2, 3);
    assertThat(results.get(0).get("id").asText()).isEqualTo("one");
    assertThat(results.get(1).get("id").isInt()).isTrue();
    assertThat(results.get(2).get("custom_id").asText()).isEqualTo("r");
    assertThat(results.get(3).has("id")).isFalse();
    assertThat(results.stream().map(r -> r.get("text").asText()))
        .containsExactly(
            alone("once upon a time", "--temp", 0),
            alone("the dog", "--seed", 5),
            alone("a cat", "--seed", 6, "-n", 3),
            alone("the dog", "--seed", 9, "--temp", 2, "--top-k", 0));
    JsonNode third = results.get(2);
    assertThat(third.get("finish_reason").asText()).isEqualTo("length");
    assertThat(third.get("seed").asInt()).isEqualTo(6);
    assertThat(third.get("usage").get("completion_tokens").asInt()).isEqualTo(3);
    assertThat(third.get("usage").get("total_tokens").asInt())
        .isEqualTo(3 + third.get("usage").get("prompt_tokens").asInt());
    assertThat(outcome.err().lines())
        .satisfiesExactly(
            l -> assertThat(l).matches("prompts +4"),
            l -> assertThat(l).matches("prompt +\\d+ tokens"),
            l -> assertThat(l).matches("generation +39 tokens +[\\d.]+ tokens/s"),
            l -> assertThat(l).matches("time +[\\d.]+ s"));
  }

  @Test
  void whatFailsIsAResultAndTheRestGoesOn() throws Exception {
    Path file =
        prompts(
            "failing.jsonl",
            "{\"id\": \"a\", \"prompt\": \"abc\"}",
            "{\"prompt\": \"abc\",}",
            "[1]",
            "{\"id\": \"d\", \"prompt\": \"abc\", \"max_token\": 4}",
            "{\"prompt\": \"abc\", \"temperature\": \"hot\"}",
            "{\"prompt\": \"abc\", \"top_p\": 7}",
            "{\"prompt\": [1, -2]}",
            "{\"prompt\": [1, 1000000]}",
            "{\"prompt\": [1, \"x\"]}",
            "{\"prompt\": []}",
            "{\"id\": [], \"prompt\": \"abc\"}",
            "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}",
            "{\"messages\": [{}]}",
            "{\"prompt\": \"abc\", \"n\": 2}",
            "{\"prompt\": \"abc\", \"max_tokens\": 1.5}",
            "{\"prompt\": \"abc\", \"max_tokens\": 99999999999999999999}",
            "{\"prompt\": \"abc\", \"stop\": [\"\"]}",
            "{\"prompt\": \"" + "abc ".repeat(500) + "\"}",
            "[".repeat(100_000),
            "{\"prompt\": \"abc\", \"prompt\": \"abc\"}",
            "{}",
            "{\"id\": \"z\", \"prompt\": \"abc\", \"n_predict\": null, \"stream\": false}");
    Outcome outcome = run("-f", file, "-np", 4, "-n", 2, "-c", 128);
    assertThat(outcome.status()).isEqualTo(1);
    List<JsonNode> results = lines(outcome.out());
    assertThat(results).hasSize(22);
    for (int i = 0; i < results.size(); i++) {
      assertThat(results.get(i).get("index").asInt()).isEqualTo(i);
      boolean ok = i == 0 || i == 21;
      assertThat(results.get(i).has("text")).as("%s", results.get(i)).isEqualTo(ok);
      assertThat(results.get(i).has("error")).isNotEqualTo(ok);
    }
    String[] problems = {
      "line 2, column 18: ",
      "line 3 = an array: expected an object",
      "line 4: field \"max_token\": is not supported: did you mean max_tokens?",
      "line 5: temperature = a string: expected a number",
      "line 6: top-p = 7.0: expected 0 to 1 (off)",
      "line 7: ",
      "line 8: ",
      "line 9: prompt[1] = a string: expected a token id",
      "line 10: no tokens to feed: the prompt is empty",
      "line 11: id = an array: expected a string or a number",
      "line 12: messages: the model has no chat template",
      "line 13: messages[0].role = missing: expected a string",
      "line 14: n = 2: expected 1 to 1",
      "line 15: max_tokens = 1.5: expected an integer",
      "line 16: max_tokens = 99999999999999999999: expected -1 to 2147483647",
      "line 17: stop: a stop string is empty",
      "line 18: the prompt has ",
      "line 19: Document nesting depth",
      "line 20, column ",
      "line 21: expected either \"prompt\" or \"messages\"",
    };
    for (int i = 0; i < problems.length; i++) {
      String message = results.get(i + 1).get("error").get("message").asText();
      assertThat(message).startsWith(file + ", " + problems[i]).hasLineCount(1);
      assertThat(outcome.err().lines()).contains(message);
    }
    assertThat(results.get(3).get("id").asText()).isEqualTo("d");
    assertThat(outcome.err().lines().toList().getLast())
        .isEqualTo("myelin: " + file + ": 20 of 22 prompts failed: see \"error\" in their results");
  }

  @Test
  void messagesGoThroughTheChatTemplate() throws Exception {
    Path chat = folder.resolve("chat.gguf");
    RandomModel.small("llama")
        .withVocabulary(Kind.QWEN2)
        .writer()
        .put(
            "tokenizer.chat_template",
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n"
                + "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
        .write(chat);
    String request = "{\"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}";
    Path file = prompts("chat.jsonl", request, request.replace("\"hi\"", "\"<|im_end|>\""));
    Object[] words = {"-m", chat, "--temp", 0, "-n", 8, "--ignore-eos", "-t", 1};
    List<JsonNode> results =
        lines(
            run(Stream.concat(Stream.of(words), Stream.of("-f", file, "-np", 2)).toArray()).out());
    String rendered = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n";
    Object[] prompt = {"-p", rendered, "--no-display-prompt"};
    String alone = run(Stream.concat(Stream.of(words), Stream.of(prompt)).toArray()).out();
    assertThat(alone).isIn(text(results.get(0)), text(results.get(0)) + "\n");
    // what a message spells is no control token
    assertThat(results.get(1).get("usage").get("prompt_tokens").asInt())
        .isGreaterThan(results.get(0).get("usage").get("prompt_tokens").asInt());
  }

  private static String text(JsonNode result) {
    return result.get("text").asText();
  }

  @Test
  void readsStandardInput() throws Exception {
    byte[] bom = "\ufeff{\"prompt\": \"abc\"}\r\n \r\n".getBytes(StandardCharsets.UTF_8);
    byte[] bad =
        "{\"prompt\": \"\u00ff\"}\n{\"prompt\": \"d\"}".getBytes(StandardCharsets.ISO_8859_1);
    byte[] input = java.util.Arrays.copyOf(bom, bom.length + bad.length);
    System.arraycopy(bad, 0, input, bom.length, bad.length);
    String[] words = {
      "run", "-m", model.toString(), "-f", "-", "--parallel", "2", "-n", "1", "-t", "1"
    };
    List<JsonNode> results = lines(Outcome.withInput(input, Map.of(), words).out());
    assertThat(results).hasSize(3);
    assertThat(results.get(0).has("text")).isTrue();
    assertThat(results.get(1).get("error").get("message").asText())
        .isEqualTo("standard input, line 3: byte 0xff at 12: expected UTF-8");
    assertThat(results.get(2).has("text")).isTrue();
    byte[] utf16 = "{\"prompt\": \"abc\"}\n".getBytes(StandardCharsets.UTF_16LE);
    Outcome.withInput(utf16, Map.of(), words).assertFailed(1, "standard input: this is UTF-16");
    Outcome empty = Outcome.withInput(new byte[0], Map.of(), words);
    assertThat(empty.status()).isZero();
    assertThat(empty.out()).isEmpty();
  }

  @Test
  void tooLongLineFails() throws Exception {
    Path file =
        prompts(
            "long.jsonl",
            "{\"prompt\": \"" + "a".repeat(PromptFile.MAX_LINE_BYTES) + "\"}",
            "{\"prompt\": \"abc\"}");
    Outcome outcome = run("-f", file, "--parallel", 1, "-n", 1);
    List<JsonNode> results = lines(outcome.out());
    assertThat(results.get(0).get("error").get("message").asText())
        .isEqualTo(file + ", line 1: expected at most 16777216 bytes");
    assertThat(results.get(1).has("text")).isTrue();
    assertThat(outcome.status()).isEqualTo(1);
  }

  private static Path twelve() throws Exception {
    String[] lines = new String[12];
    for (int i = 0; i < lines.length; i++) {
      lines[i] =
          i == 4
              ? "{bad"
              : "{\"id\": \"p%s\", \"prompt\": \"text %s\"}".formatted(i, "of ".repeat(i));
    }
    return prompts("twelve.jsonl", lines);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"index\":3,\"te"})
  void resumeContinuesAfterTheLastCompleteLine(String incomplete) throws Exception {
    Path file = twelve();
    Object[] words = {"-f", file, "--parallel", 3, "-n", 8, "--seed", 3};
    String whole = run(words).out();
    Path out = folder.resolve("resumed.jsonl");
    String begun = String.join("\n", whole.lines().limit(3).toList()) + "\n";
    Files.writeString(out, begun + incomplete);
    Object[] resume = java.util.Arrays.copyOf(words, words.length + 3);
    resume[words.length] = "-o";
    resume[words.length + 1] = out;
    resume[words.length + 2] = "--resume";
    Outcome resumed = run(resume);
    assertThat(resumed.status()).as(resumed.err()).isEqualTo(1);
    assertThat(resumed.out()).isEmpty();
    assertThat(out).hasContent(whole);
    assertThat(resumed.err())
        .containsPattern("prompts +12, failed 1\n")
        .containsPattern("generation +64 tokens"); // of eight prompts
    // again: nothing is left to do, and the failure is still there
    Outcome again = run(resume);
    assertThat(out).hasContent(whole);
    assertThat(again.status()).isEqualTo(1);
    assertThat(again.err()).containsPattern("generation +0 tokens");
    Files.delete(out);
    run(resume);
    assertThat(out).hasContent(whole);
  }

  @Test
  void keepsAnExistingFile() throws Exception {
    Path file = prompts("two.jsonl", "{\"prompt\": \"a\"}", "{\"prompt\": \"b\"}");
    Path out = folder.resolve("existing.jsonl");
    assertThat(run("-f", file, "--parallel", 2, "-n", 1, "-o", out).status()).isZero();
    assertThat(lines(Files.readString(out))).hasSize(2);
    Files.writeString(out, "{\"index\":1}\n");
    run("-f", file, "--parallel", 2, "-o", out)
        .assertFailed(1, out + ": exists: expected --resume to continue that run, or --overwrite");
    run("-f", file, "--parallel", 2, "-o", out, "--resume")
        .assertFailed(1, out + ", line 1: index = 1: expected 0");
    assertThat(out).hasContent("{\"index\":1}\n");
    Files.writeString(out, "{\"index\":0,\"id\":\"x\"}\n");
    run("-f", file, "--parallel", 2, "-o", out, "--resume")
        .assertFailed(1, "is not the result of " + file + ", line 1: they differ in id");
    Files.writeString(out, "{\"index\":0}\n{\"index\":1}\n{\"index\":2}\n");
    run("-f", file, "--parallel", 2, "-o", out, "--resume")
        .assertFailed(1, out + ", line 3: is the result of no prompt: there are 2");
    Files.writeString(out, "no results\n");
    run("-f", file, "--parallel", 2, "-o", out, "--resume").assertFailed(1, out + ", line 1");
    assertThat(run("-f", file, "--parallel", 2, "-n", 1, "-o", out, "--overwrite").status())
        .isZero();
    assertThat(lines(Files.readString(out))).hasSize(2);
    run("-f", file, "--parallel", 2, "-o", file, "--overwrite").assertFailed(2, "the same file");
    run("-f", file, "--parallel", 2, "-o", model, "--overwrite").assertFailed(2, "the same file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-f x.jsonl --parallel 0 | --parallel 0: expected 1 to 1024",
        "--parallel 2 | --parallel: expected -f FILE",
        "-p x --parallel 2 | --parallel: expected -f FILE",
        "-f x.jsonl -p x --parallel 2 | without -p and -e",
        "-f x.jsonl -o y | -o: expected with --parallel N",
        "-f x.jsonl --resume | --resume: expected with --parallel N",
        "-f x.jsonl --parallel 2 --resume | --resume: expected with -o FILE",
        "-f x.jsonl --parallel 2 --resume --overwrite -o y | expected one of them",
        "-f x.jsonl --parallel 2 --memory-budget 1G | --memory-budget: expected without --parallel",
      })
  void rejectsWrongUsage(String options, String problem) {
    run((Object[]) options.split(" ")).assertFailed(2, problem);
  }

  @Test
  void missingFileFails() {
    run("-f", "none.jsonl", "--parallel", 2).assertFailed(1, "none.jsonl: no such file");
  }

  /** Without --parallel a file is one prompt, whatever its name. */
  @Test
  void jsonLinesAloneAreOnePrompt() throws Exception {
    Path file = prompts("plain.jsonl", "{\"prompt\": \"a\"}");
    Outcome outcome = run("-f", file, "-n", 1);
    assertThat(outcome.out()).startsWith("{\"prompt\": \"a\"}");
    assertThat(outcome.err()).startsWith("-f: the file is one prompt; --parallel N reads");
  }

  @ParameterizedTest
  @CsvSource({"INT, 130", "TERM, 143", "KILL, 137"})
  void aSignalLeavesCompleteLines(String signal, int status) throws Exception {
    String[] lines = new String[40];
    for (int i = 0; i < lines.length; i++) {
      // the later, the longer: the last one does not end
      lines[i] =
          "{\"id\": %s, \"prompt\": \"text\", \"n_predict\": %s}".formatted(i, i < 39 ? 9 : -1);
    }
    Path file = prompts("signal.jsonl", lines);
    Path out = folder.resolve("signal-" + signal + ".jsonl");
    Object[] words = {
      "run",
      "-m",
      model,
      "-t",
      1,
      "--ignore-eos",
      "-c",
      50_000,
      "-f",
      file,
      "--parallel",
      4,
      "--seed",
      3,
      "-o",
      out
    };
    Process process = ChildProcess.myelin(List.of(), words).start();
    while (process.isAlive() && (!Files.exists(out) || Files.size(out) < 2000)) {
      Thread.sleep(20);
    }
    ChildProcess.signal(process, signal);
    String err = ChildProcess.readRemaining(process.getErrorStream());
    assertThat(ChildProcess.exitStatus(process)).as(err).isEqualTo(status);
    if (!signal.equals("KILL")) {
      assertThat(err).matches("myelin: interrupted after \\d+ of 40 prompts: --resume continues\n");
    }
    List<JsonNode> begun = lines(Files.readString(out));
    assertThat(begun).hasSizeBetween(10, 39);
    lines[39] = lines[39].replace("-1", "4");
    prompts("signal.jsonl", lines);
    Outcome resumed = run("-f", file, "--parallel", 4, "--seed", 3, "-o", out, "--resume");
    assertThat(resumed.status()).as(resumed.err()).isZero();
    assertThat(Files.readString(out))
        .isEqualTo(run("-f", file, "--parallel", 2, "--seed", 3).out());
  }
}
