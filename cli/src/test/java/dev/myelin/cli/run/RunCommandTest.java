package dev.myelin.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.Outcome;
import dev.myelin.generate.GenerateOptions;
import dev.myelin.generate.Generator;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.DataSource;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.model.Model;
import dev.myelin.sampling.SamplingOptions;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.SharedData;
import dev.myelin.testing.TextEncoders;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code myelin run} on a random model, and on a trained one where it is there. */
class RunCommandTest {
  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
  }

  private static Outcome run(Object... more) {
    Object[] words = {"-m", model, "-t", 1, "--temp", 0, "--ignore-eos"};
    Object[] all = java.util.Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return Outcome.of("run", all);
  }

  @Test
  void writesKnownStory() throws Exception {
    Path story = SharedData.path("models/stories260K-f32.gguf");
    String expected = Files.readString(SharedData.path("models/stories260K-greedy.txt"));
    Outcome outcome =
        Outcome.of("run", "-m", story, "-p", "Once upon a time", "-n", 64, "--temp", 0, "-t", 1);
    assertThat(outcome.out()).isEqualTo(expected);
    assertThat(outcome.status()).isZero();
  }

  @Test
  void printsStatisticsToStandardError() {
    Outcome outcome = run("-p", "once upon a time", "-n", 12, "--seed", 41);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).startsWith("once upon a time").endsWith("\n");
    assertThat(outcome.err().lines())
        .satisfiesExactly(
            l -> assertThat(l).startsWith("--seed has no effect: "), // with --temp 0
            l -> assertThat(l).matches("prompt +\\d+ tokens +[\\d.]+ tokens/s"),
            l -> assertThat(l).matches("generation +12 tokens +[\\d.]+ tokens/s"),
            l -> assertThat(l).matches("first token +[\\d.]+ ms"),
            l -> assertThat(l).matches("load +[\\d.]+ ms"),
            l -> assertThat(l).matches("seed +41"),
            l -> assertThat(l).matches("stopped by +length"));
  }

  @Test
  void noMmapGivesSameText() {
    Outcome mapped = run("-p", "abc", "-n", 5);
    Outcome copied = run("-p", "abc", "-n", 5, "--no-mmap");
    assertThat(copied.status()).isZero();
    assertThat(copied.out()).isEqualTo(mapped.out());
  }

  @Test
  void readsPromptFromOptionFileOrStandardInput() throws Exception {
    String prompt = "once upon\n a @time";
    Path file = Files.writeString(folder.resolve("prompt.txt"), prompt + "\n");
    String expected = run("-p", prompt, "-n", 8).out();
    assertThat(run("-f", file, "-n", 8).out()).isEqualTo(expected).startsWith(prompt);
    String[] words = {
      "run", "-m", model.toString(), "-f", "-", "-n", "8", "--temp", "0", "--ignore-eos"
    };
    assertThat(Outcome.withInput(prompt + "\n", words).out()).isEqualTo(expected);
    assertThat(run("-p", prompt, "-n", 8, "--no-display-prompt").out())
        .isEqualTo(expected.substring(prompt.length()));
  }

  @Test
  void acceptsPromptThatLooksLikeOption() {
    assertThat(run("-p", "--x", "-n", 1).out()).startsWith("--x");
    assertThat(run("-p", "@x", "-n", 1).out()).startsWith("@x");
    assertThat(run("-p", "", "-n", 1).status()).isZero();
  }

  @Test
  void readsModelFromVariable() {
    Map<String, String> environment = Map.of("MYELIN_MODEL", model.toString());
    String[] words = {"run", "-p", "a", "-n", "2", "-t", "1"};
    Outcome outcome = Outcome.withInput(new byte[0], environment, words);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).startsWith("a");
  }

  @Test
  void seedRepeatsText() {
    Object[] words = {"-p", "once", "-n", 30, "--temp", 1.5, "--top-k", 0, "--seed", 7};
    assertThat(run(words).out()).isEqualTo(run(words).out());
    words[words.length - 1] = 8;
    String other = run(words).out();
    words[words.length - 1] = 7;
    assertThat(run(words).out()).isNotEqualTo(other);
  }

  @Test
  void printsRandomSeed() {
    Object[] words = {"-p", "once", "-n", 30, "--temp", 1.5, "--top-k", 0};
    Outcome first = run(words);
    String seed = first.err().replaceFirst("(?s).*seed +(\\d+).*", "$1");
    Object[] again = java.util.Arrays.copyOf(words, words.length + 2);
    again[words.length] = "--seed";
    again[words.length + 1] = seed;
    assertThat(run(again).out()).isEqualTo(first.out());
  }

  @Test
  void stopsAtStopString() {
    String text = run("-p", "once", "-n", 30, "--no-display-prompt").out();
    String stop = text.substring(6, 9);
    Outcome outcome =
        run("-p", "once", "-n", 30, "--no-display-prompt", "--stop", "zz\\nzz", "--stop", stop);
    String kept = text.substring(0, text.indexOf(stop));
    assertThat(outcome.out()).isIn(kept + "\n", kept);
    assertThat(outcome.err()).contains("stopped by   stop string");
  }

  @Test
  void stopsAtFullContext() {
    Outcome outcome = run("-p", "once", "-c", 20);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.err()).contains("stopped by   context full");
  }

  @Test
  void acceptsCacheTypesAndBatches() {
    String expected = run("-p", "once upon a time", "-n", 8, "--cache-type", "f32").out();
    assertThat(run("-p", "once upon a time", "-n", 8, "--cache-type", "F32", "-b", 3).out())
        .isEqualTo(expected);
    assertThat(run("-p", "once", "-n", 4, "--cache-type", "q8_0").status()).isZero();
    assertThat(run("-p", "x", "--cache-type-v", "q8_0", "--memory-budget", "1G").err())
        .contains("--memory-budget: chooses one type for keys and values");
  }

  @Test
  void lastValueOfRepeatedOptionWins() {
    Outcome outcome = run("-p", "once", "-n", 9, "-n", 2);
    assertThat(outcome.err()).contains("generation         2 tokens").doesNotContain("WARN");
  }

  @Test
  void writesUtf8() {
    assertThat(new String(run("-p", "größe 世界", "-n", 0).bytes(), StandardCharsets.UTF_8))
        .isEqualTo("größe 世界\n");
  }

  @Test
  void rejectsTooLongPrompt() {
    Outcome outcome = run("-p", "a ".repeat(2000), "-n", 1);
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .matches(
            "myelin: the prompt has \\d+ tokens, which do not fit into a context of 512"
                + " \\(-c sets a longer one, but the model was trained with 512\\)\n");
    assertThat(run("-p", "a ".repeat(200), "-c", 100, "-n", 1).err())
        .endsWith("(-c sets a longer one, up to the 512 that the model was trained with)\n");
  }

  @Test
  void errorStartsOnNewLine() {
    String problem = "myelin: logit of token 0 = NaN: expected a number";
    Object[] words = {"-m", withNaN(), "-p", "once", "-n", 2, "-t", 1, "--temp=0"};
    Outcome shown = Outcome.of("run", words);
    assertThat(shown.status()).isEqualTo(1);
    assertThat(shown.out()).isEqualTo("once\n");
    assertThat(shown.err()).startsWith(problem);
    words[words.length - 1] = "--no-display-prompt";
    Outcome hidden = Outcome.of("run", words);
    assertThat(hidden.out()).isEmpty();
    assertThat(hidden.err()).startsWith(problem);
  }

  /** The model with a NaN in its last norm. */
  private static Path withNaN() {
    Path file = folder.resolve("nan.gguf");
    try (GgufFile from = GgufFile.open(model)) {
      GgufWriter writer = new GgufWriter().putAll(from.metadata());
      for (TensorInfo t : from.tensors()) {
        byte[] data = from.data(t).toArray(ValueLayout.JAVA_BYTE);
        if (t.name().equals("output_norm.weight")) {
          ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, Float.NaN);
        }
        long[] shape = t.shape().stream().mapToLong(Long::longValue).toArray();
        writer.tensor(t.name(), t.type(), shape, DataSource.of(MemorySegment.ofArray(data)));
      }
      writer.write(file);
    }
    return file;
  }

  @Test
  void notesContextBeyondTraining() {
    String note =
        "-c 600: the model was trained with a context of 512 tokens: longer text is worse\n";
    assertThat(run("-p", "a", "-c", 600, "-n", 1).err()).startsWith(note);
    assertThat(run("-p", "a", "-c", 512, "-n", 1).err()).doesNotContain("trained");
  }

  @Test
  void noParseSpecialKeepsText() {
    int plain = promptTokens("-p", "a");
    assertThat(promptTokens("-p", "a</s>")).isEqualTo(plain + 1);
    assertThat(promptTokens("-p", "a</s>", "--no-parse-special")).isGreaterThan(plain + 1);
  }

  private static int promptTokens(Object... words) {
    Object[] all = java.util.Arrays.copyOf(words, words.length + 2);
    all[words.length] = "-n";
    all[words.length + 1] = 1;
    return Integer.parseInt(run(all).err().replaceFirst("(?s).*prompt +(\\d+) tokens.*", "$1"));
  }

  @Test
  void promptOfAnEncoderDecoderGoesToTheEncoder() {
    Path t5 = TextEncoders.t5(TextEncoders.sample("t5", "gated"), folder.resolve("t5.gguf"));
    Outcome outcome =
        Outcome.of("run", "-m", t5, "-p", "abc", "-n", 8, "--temp", 0, "--no-display-prompt");
    assertThat(outcome.status()).as(outcome.err()).isZero();
    try (Model loaded = Model.load(t5);
        Generator generator =
            Generator.open(loaded, SessionOptions.defaults(), SamplingOptions.greedy())) {
      String text = generator.generate("abc", GenerateOptions.tokens(8)).text();
      assertThat(text).isNotEmpty();
      assertThat(outcome.out().strip()).isEqualTo(text.strip());
    }
  }
}
