package dev.myelin.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.ChildProcess;
import dev.myelin.cli.Outcome;
import dev.myelin.gguf.GgufFile;
import dev.myelin.testing.EnglishText;
import dev.myelin.testing.RandomModel;
import java.nio.charset.StandardCharsets;
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

/** {@code myelin train}: from a file of text to a checkpoint, and what may go wrong. */
class TrainCommandTest {
  private static final String[] SMALL = {
    "--vocab-size",
    "320",
    "--layers",
    "1",
    "--width",
    "32",
    "--heads",
    "2",
    "-c",
    "16",
    "-b",
    "4",
    "--warmup",
    "2",
    "--evaluate-every",
    "5",
    "-t",
    "1"
  };

  @TempDir static Path folder;
  static Path text;

  @BeforeAll
  static void writeText() throws Exception {
    text = Files.writeString(folder.resolve("text.txt"), new EnglishText(3).stories(40_000));
  }

  private static Outcome train(Object... arguments) {
    List<Object> all = new ArrayList<>();
    all.add("train");
    all.addAll(Arrays.asList(arguments));
    return Outcome.of(all.stream().map(Object::toString).toArray(String[]::new));
  }

  private static Object[] with(Object[] first, Object... more) {
    List<Object> all = new ArrayList<>(Arrays.asList(first));
    all.addAll(Arrays.asList(more));
    return all.toArray();
  }

  private static Object[] small(Path output, Object... more) {
    List<Object> all = new ArrayList<>(List.of(text, "-o", output));
    all.addAll(Arrays.asList((Object[]) SMALL));
    all.addAll(Arrays.asList(more));
    return all.toArray();
  }

  @Test
  void trainsRunnableModel() throws Exception {
    Path output = folder.resolve("new.gguf");
    Outcome outcome =
        train(small(output, "-n", 15, "--meta", "general.name=New", "--sample-every", 3));
    assertThat(outcome.err())
        .contains("tokenizer    spm, 320 tokens")
        .contains("tokens; ")
        .contains("step     15  loss ")
        .contains("Once upon a time")
        .contains("GFLOP/s f32 peak on 1 threads")
        .contains("stopped by   last step");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).isEmpty();
    try (GgufFile file = GgufFile.open(output)) {
      assertThat(file.metadata().string("general.name")).isEqualTo("New");
    }
    List<String> csv = Files.readAllLines(folder.resolve("new.csv"));
    assertThat(csv).hasSize(1 + 1 + 15);
    assertThat(csv.getFirst()).startsWith("step,tokens,loss,validation_loss,");
    assertThat(csv.get(1 + 15)).startsWith("15,960,");
    String svg = Files.readString(folder.resolve("new.svg"), StandardCharsets.UTF_8);
    assertThat(svg).contains("<svg").hasSizeLessThan(200_000);
    Outcome run = Outcome.of("run", "-m", output, "-p", "The", "-n", 4, "-t", 1);
    assertThat(run.status()).isZero();
    assertThat(run.out()).startsWith("The");
  }

  @Test
  void resumesInterruptedRun() throws Exception {
    Path whole = folder.resolve("whole.gguf");
    assertThat(train(small(whole, "-n", 12, "--chart", folder.resolve("w.png"))).status()).isZero();
    assertThat(Files.readAllBytes(folder.resolve("w.png"))).startsWith(0x89, 'P', 'N', 'G');

    Path output = folder.resolve("interrupted.gguf");
    Process process =
        ChildProcess.myelin(
                List.of(),
                with(new Object[] {"train"}, small(output, "-n", 100_000, "--val-split", 0.3)))
            .redirectErrorStream(true)
            .start();
    waitForStep(folder.resolve("interrupted.csv"));
    ChildProcess.signal(process, "INT");
    String said = ChildProcess.readRemaining(process.getInputStream());
    assertThat(ChildProcess.exitStatus(process)).as(said).isZero();
    assertThat(said).contains("stopped by   Ctrl-C").contains("--resume continues the run");
    assertThat(folder.resolve("interrupted.state.gguf")).isRegularFile();

    // the validation split is also restored
    Outcome resumed = train(text, "-o", output, "--resume", "-n", 1, "-t", 1);
    assertThat(resumed.status()).as(resumed.err()).isZero();
    assertThat(resumed.err()).contains("resumed      after step ");
  }

  /** Waits until the CSV file has the losses of some steps. */
  private static void waitForStep(Path csv) throws Exception {
    for (int i = 0; i < 600; i++) {
      if (Files.exists(csv) && Files.readAllLines(csv).size() > 6) {
        return;
      }
      Thread.sleep(100);
    }
    throw new AssertionError("no step within a minute");
  }

  @Test
  void trainsAdapter() throws Exception {
    Path base = RandomModel.small("llama").write(folder.resolve("base.gguf"));
    Path output = folder.resolve("adapter.gguf");
    Outcome outcome =
        train(
            text,
            "-o",
            output,
            "--init-from",
            base,
            "--lora",
            "--lora-rank",
            2,
            "-c",
            16,
            "-b",
            2,
            "-n",
            4,
            "--evaluate-every",
            0,
            "-t",
            1);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.err()).contains(" trainable");
    Outcome run = Outcome.of("run", "-m", base, "--lora", output, "-p", "a", "-n", 2, "-t", 1);
    assertThat(run.status()).as(run.err()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--lr 7|learning rate = 7.0: expected above 0, at most 1",
        "--heads 3 --width 64|heads = 3: expected a divisor of the width 64",
        "--kv-heads 5|kv heads = 5: expected a divisor of 8",
        "--experts 1|experts = 1: expected 0 or 2 to 256",
        "--val-split 0.9|validation split = 0.9: expected 0 to 0.5",
        "--steps 3 --epochs 2|--steps and --epochs: expected one of them",
        "--patience 2 --evaluate-every 0|patience = 2: expected 0 without evaluations",
        "--lora|--lora without --init-from: give the model to adapt",
        "--meta name|--meta name: expected KEY=TEXT",
        "--tokenizer wordpiece|tokenizer = wordpiece: expected spm or bpe",
        "--vocab-size 0|vocabulary = 0",
        "--wamup 3|unknown option '--wamup': did you mean --warmup?"
      })
  void rejectsWrongUsage(String options, String expected) {
    Path output = folder.resolve("never.gguf");
    Outcome outcome = train(with(new Object[] {text, "-o", output}, (Object[]) options.split(" ")));
    assertThat(outcome.err()).startsWith("myelin train: ").contains(expected).hasLineCount(1);
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(output).doesNotExist();
  }

  @Test
  void requiresOutput() {
    Outcome outcome = train(text);
    assertThat(outcome.err()).contains("no output: give the output model with -o FILE");
    assertThat(outcome.status()).isEqualTo(2);
  }

  @Test
  void reportsBadInput() throws Exception {
    Path output = folder.resolve("never.gguf");
    Path empty = Files.writeString(folder.resolve("empty.txt"), "");
    Path binary = Files.write(folder.resolve("binary.txt"), new byte[] {'a', (byte) 0xff, 'b'});
    Path little = Files.writeString(folder.resolve("little.txt"), "Tom has a cat.");
    Path missing = folder.resolve("missing.txt");
    expectFailure("empty.txt", empty, "-o", output);
    expectFailure("binary.txt", binary, "-o", output);
    expectFailure("vocabulary", little, "-o", output);
    expectFailure("missing.txt", missing, "-o", output);
    expectFailure("never.state.gguf", text, "-o", output, "--resume");
    expectFailure(
        "missing.gguf", text, "-o", output, "--init-from", folder.resolve("missing.gguf"));
    expectFailure("no such folder", small(folder.resolve("no such folder/x.gguf"), "-n", "1"));
    assertThat(output).doesNotExist();
  }

  private static void expectFailure(String named, Object... arguments) {
    Outcome outcome = train(arguments);
    String last = outcome.err().lines().reduce("", (a, b) -> b);
    assertThat(last).startsWith("myelin: ").contains(named);
    assertThat(outcome.status()).isEqualTo(1);
  }
}
