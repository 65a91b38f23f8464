package dev.myelin.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.cli.ChildProcess;
import dev.myelin.cli.Outcome;
import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.SharedData;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
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

/** {@code myelin perplexity}: output, files and errors. */
class PerplexityCommandTest {
  @TempDir static Path folder;
  static Path model;
  static Path quantized;
  static Path text;

  @BeforeAll
  static void write() throws Exception {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    quantized =
        RandomModel.small("llama").withType(GgmlType.Q4_0).write(folder.resolve("q4_0.gguf"));
    text = Files.writeString(folder.resolve("text.txt"), "once upon a time it was. ".repeat(30));
    Files.writeString(folder.resolve("empty.txt"), "");
    Files.writeString(folder.resolve("newline.txt"), "\n");
    Files.writeString(folder.resolve("short.txt"), "once upon a time");
    Files.writeString(folder.resolve("other.txt"), "another text it is. ".repeat(40));
    Files.write(folder.resolve("latin1.txt"), new byte[] {'c', 'a', 'f', (byte) 0xe9});
    Path larger = folder.resolve("larger.gguf");
    RandomModel.small("llama")
        .withShape(new RandomModel.Shape(1, 256, 8, 2, 32, 512, 352, 512))
        .write(larger);
    assertThat(run("-f", text, "-c", 32, "--save-logits", folder.resolve("saved")).status())
        .isZero();
  }

  private static Outcome run(Object... more) {
    Object[] words = {"-m", model, "-t", 1, "--cache-type", "f32"};
    Object[] all = Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return Outcome.of("perplexity", all);
  }

  private static JsonNode json(Outcome outcome) throws Exception {
    assertThat(outcome.status()).as(outcome.err()).isZero();
    return new ObjectMapper().readTree(outcome.out());
  }

  @Test
  void printsResultAndTime() {
    Outcome outcome = run("-f", text, "-c", 32, "--chunks", 3);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out().lines())
        .satisfiesExactly(
            l -> assertThat(l).matches("perplexity +[\\d.]+ ± [\\d.]+"),
            l -> assertThat(l).matches("loss +[\\d.]+ ± [\\d.]+ nats per token, [\\d.]+ bits"),
            l -> assertThat(l).isEqualTo("tokens      45 scored, in 3 chunks of 32"));
    assertThat(outcome.err()).matches("3 chunks of 32 tokens in [\\d.]+ s, [\\d.]+ tokens/s\n");
  }

  @Test
  void perChunkFiguresEndWithResult() throws Exception {
    List<String> lines = run("-f", text, "-c", 32, "--per-chunk").out().lines().toList();
    int chunks = lines.size() - 3;
    assertThat(lines.get(chunks - 1)).matches(" +" + chunks + " +[\\d.]+ ± +[\\d.]+");
    String last = lines.get(chunks - 1).strip().split(" +")[1];
    assertThat(lines.get(chunks)).contains(" " + last + " ±");
    JsonNode root = json(run("-f", text, "-c", 32, "--per-chunk", "--json"));
    assertThat(root.get("per_chunk")).hasSize(chunks);
    assertThat(root.get("per_chunk").get(chunks - 1).get("perplexity"))
        .isEqualTo(root.get("perplexity"));
    assertThat(root.get("perplexity").asDouble()).isCloseTo(Double.parseDouble(last), within(1e-4));
  }

  @Test
  void printsJson() throws Exception {
    JsonNode root = json(run("-f", text, "-c", 32, "--json"));
    assertThat(root.fieldNames())
        .toIterable()
        .containsExactly(
            "perplexity",
            "perplexity_stderr",
            "loss",
            "loss_stderr",
            "predictions",
            "chunks",
            "context_length",
            "chunks_total",
            "complete");
    assertThat(root.get("complete").asBoolean()).isTrue();
    assertThat(root.get("perplexity").asDouble())
        .isCloseTo(Math.exp(root.get("loss").asDouble()), within(1e-9));
    assertThat(root.get("predictions").asInt()).isEqualTo(15 * root.get("chunks").asInt());
  }

  @Test
  void batchesDoNotChangeResults() {
    // several chunks in a batch, one, and parts of one
    String expected = run("-f", text, "-c", 32, "--per-chunk", "-b", 31).out();
    assertThat(expected).isNotEmpty();
    assertThat(run("-f", text, "-c", 32, "--per-chunk").out()).isEqualTo(expected);
    assertThat(run("-f", text, "-c", 32, "--per-chunk", "-b", 10).out()).isEqualTo(expected);
  }

  @Test
  void readsStandardInput() throws Exception {
    String[] words = {
      "perplexity", "-m", model.toString(), "-t", "1", "--cache-type", "f32", "-f", "-", "-c", "32"
    };
    // the final newline is dropped
    assertThat(Outcome.withInput(Files.readString(text) + "\n", words).out())
        .isEqualTo(run("-f", text, "-c", 32).out());
  }

  @Test
  void noMmapCopiesBaseToo(@TempDir Path own) throws Exception {
    assumeTrue(Files.exists(Path.of("/proc/self/maps")), "skipped: needs Linux's /proc");
    Path original = Files.copy(model, own.resolve("original.gguf"));
    Path longer = Files.writeString(own.resolve("text.txt"), "once upon a time ".repeat(5000));
    Object[] words = {
      "perplexity",
      "-m",
      model,
      "-f",
      longer,
      "-c",
      16,
      "-t",
      1,
      "--kl-base",
      original,
      "--per-chunk"
    };
    for (boolean copied : new boolean[] {false, true}) {
      Object[] all = Arrays.copyOf(words, words.length + (copied ? 1 : 0));
      if (copied) {
        all[words.length] = "--no-mmap";
      }
      Process process = ChildProcess.myelin(List.of(), all).start();
      try {
        assertThat(process.getInputStream().read()).isPositive(); // the first chunk's result
        String maps = Files.readString(Path.of("/proc/" + process.pid() + "/maps"));
        assertThat(maps.contains(original.toString())).isEqualTo(!copied);
      } finally {
        process.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void comparesModelWithItself() throws Exception {
    JsonNode root = json(run("-f", text, "-c", 32, "--kl-base", model, "--json"));
    assertThat(root.get("kl_divergence").asDouble()).isZero();
    assertThat(root.get("same_top_token").asDouble()).isEqualTo(1);
    assertThat(root.get("perplexity_ratio").asDouble()).isEqualTo(1);
    assertThat(root.get("kl_divergence_quantiles")).hasSize(13);
  }

  @Test
  void comparesWithBaseModelAndLogits() throws Exception {
    Object[] words = {"-m", quantized, "-f", text, "-c", 32, "--kl-base", model};
    Outcome beside = run(words);
    assertThat(beside.status()).isZero();
    assertThat(beside.out().lines().map(l -> l.replaceFirst("  .*", "")))
        .containsExactly(
            "perplexity",
            "base perplexity",
            "PPL / base",
            "ln(PPL / base)",
            "PPL - base",
            "correlation",
            "mean KLD",
            "mean Δp",
            "RMS Δp",
            "same top token",
            "tokens",
            "",
            "quantile",
            "maximum",
            "99.9 %",
            "99.0 %",
            "95.0 %",
            "90.0 %",
            "75.0 %",
            "median",
            "25.0 %",
            "10.0 %",
            "5.0 %",
            "1.0 %",
            "0.1 %",
            "minimum");
    JsonNode run = json(run(Stream.concat(Arrays.stream(words), Stream.of("--json")).toArray()));
    Path saved = folder.resolve("saved");
    JsonNode read = json(run("-m", quantized, "--kl-base", saved, "--json"));
    assertThat(read.get("kl_divergence").asDouble())
        .isCloseTo(run.get("kl_divergence").asDouble(), within(2e-3));
    assertThat(read.get("perplexity")).isEqualTo(run.get("perplexity"));
    assertThat(read.get("context_length").asInt()).isEqualTo(32);
    // the same text may be given again
    assertThat(json(run("-m", quantized, "-f", text, "--kl-base", saved, "--json")))
        .isEqualTo(read);
    assertThat(
            json(run("-m", quantized, "--kl-base", saved, "--chunks", 2, "--json")).get("chunks"))
        .hasToString("2");
    assertThat(run("-m", quantized, "--kl-base", saved, "--per-chunk").out())
        .containsPattern(
            "(?m)^ +1 +[\\d.]+ ± +[\\d.]+  ln\\(PPL / base\\) .* KLD .* RMS Δp .* %  same top .*"
                + " %$");
  }

  @Test
  void measuresStridedWindows() {
    Outcome outcome = run("-f", text, "-c", 28, "--stride", 8);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).contains(" chunks of 32\n");
    assertThat(run("-f", text, "-c", 28, "--ppl-stride", 8).out()).isEqualTo(outcome.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "                                        | no text: give -f FILE (- is standard input)",
        "-f F/text.txt -c 2                      | context = 2: expected 3 to ",
        "-f F/text.txt --chunks 0                | chunks = 0: expected 1 or more, or -1 (all)",
        "-f F/text.txt --stride -4               | stride = -4: expected 1 or more",
        "-f F/text.txt --chunk 4                 | unknown option '--chunk': did you mean"
            + " --chunks?",
        "--stride 4 --kl-base F/saved            | --stride: files of logits contain chunks",
        "-f F/text.txt --stride 4 --save-logits F/x | --stride: files of logits contain chunks",
        "-f F/text.txt --kl-base M --save-logits F/x | --save-logits with --kl-base: expected one",
      })
  void rejectsWrongUsage(String line, String message) {
    Outcome outcome = run(words(line));
    assertThat(outcome.err()).startsWith("myelin perplexity: ").contains(message).hasLineCount(1);
    assertThat(outcome.status()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-f F/empty.txt            | the text is empty: expected 1024 tokens, two chunks of 512",
        "-f F/newline.txt -c 8     | the text is empty: expected 16 tokens, two chunks of 8",
        "-f F/none.txt             | none.txt: no such file",
        "-f F                      | this is a folder",
        "-f F/latin1.txt           | latin1.txt: byte 0xe9 at 3: expected UTF-8",
        "-f F/short.txt -c 32      | tokens: expected 64 or more, two chunks of 32",
        "-f F/text.txt -c 513      | context = 513: this model has 512 positions",
        "-f F/text.txt -c 16 --stride 40 | stride = 40: expected less than a window's 36 tokens",
        "-f F/text.txt -c 32 --kl-base F/larger.gguf | larger.gguf: vocabulary of 352 tokens:"
            + " expected 320",
        "-f F/text.txt -c 32 --kl-base F/text.txt    | text.txt: magic \"once\": expected \"GGUF\"",
        "--kl-base F/none.logits   | none.logits: no such file",
        "--kl-base F/saved -c 16   | context = 16: expected 32, the chunk size of",
        "--kl-base F/saved -f F/other.txt | other.txt: expected the text of",
        "-f F/text.txt -c 32 --save-logits F/no/x | x: cannot be written: no such folder",
        "-f F/text.txt -c 32 --save-logits F | this is a folder: expected a file to write",
      })
  void reportsFailedWork(String line, String message) {
    Outcome outcome = run(words(line));
    assertThat(outcome.err()).startsWith("myelin: ");
    outcome.assertFailed(1, message);
  }

  private static Object[] words(String line) {
    return line == null
        ? new Object[0]
        : Stream.of(line.split(" "))
            .filter(word -> !word.isEmpty())
            .map(word -> word.replaceFirst("^F(/|$)", folder + "$1"))
            .map(word -> word.replaceFirst("^M$", model.toString()))
            .toArray();
  }

  @Test
  void ctrlCKeepsPartialResult() throws Exception {
    Path story = SharedData.path("models/stories260K-f32.gguf");
    Path longer = folder.resolve("long.txt");
    Files.writeString(longer, "Once upon a time, there was a little girl. ".repeat(20_000));
    Path saved = folder.resolve("cancelled.logits");
    Object[] line = {
      "perplexity",
      "-m",
      story,
      "-f",
      longer,
      "-t",
      1,
      "-c",
      64,
      "--per-chunk",
      "--save-logits",
      saved
    };
    Process process = ChildProcess.myelin(List.of(), line).start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String first = out.readLine();
    assertThat(first).matches(" +1 +[\\d.]+ ± +[\\d.]+");
    ChildProcess.signal(process, "INT");
    List<String> rest = Stream.concat(Stream.of(first), out.lines()).toList();
    String running = rest.get(rest.size() - 4).strip();
    assertThat(rest.get(rest.size() - 3)).contains(" " + running.split(" +")[1] + " ±");
    assertThat(ChildProcess.readRemaining(process.getErrorStream()))
        .contains("cancelled.logits: not saved, since not all chunks were computed\n")
        .containsPattern("cancelled after " + running.split(" +")[0] + " of \\d+ chunks\n");
    assertThat(ChildProcess.exitStatus(process)).isZero();
    assertThat(saved).doesNotExist();
  }
}
