package dev.myelin.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.cli.Outcome;
import dev.myelin.graph.Threads;
import dev.myelin.testing.RandomModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code -t} of every command that has it: never more threads than cores unless forced. */
class ThreadOptionsTest {
  private static final String NOTE =
      "threads: %d requested, this process may use %d core%s: using %d"
          .formatted(
              Threads.cores() + 1,
              Threads.cores(),
              Threads.cores() == 1 ? "" : "s",
              Threads.cores());

  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() throws Exception {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Files.writeString(folder.resolve("text.txt"), "once upon a time there was a cat. ".repeat(20));
  }

  private static Outcome run(String line, Object... more) {
    Stream<String> words =
        Stream.of(line.split(" ")).map(w -> w.equals("M") ? model.toString() : w);
    return Outcome.of(
        Stream.concat(
                words.map(w -> w.replace("DIR", folder.toString())),
                Stream.of(more).map(Object::toString))
            .toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run -m M -p x -n 1",
        "chat -m M",
        "bench -m M -p 4 -n 0 -r 1",
        "logits -m M --tokens 1",
        "perplexity -m M -f DIR/text.txt",
        "score -m M -p x --labels a,b",
        "imatrix -m M -f DIR/text.txt -o DIR/x.gguf",
        "quantize M DIR/y.gguf Q8_0",
        "plan M --types q8_0",
        "plan M --types q8_0 --bandwidth 1GB/s",
        "train DIR/text.txt -o DIR/z.gguf --steps 1",
      })
  void rejectsTooManyThreads(String line) {
    Outcome outcome = run(line, "-t", 999);
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("threads = 999: expected 0 to 512; this process may use " + Threads.cores())
        .hasLineCount(1);
    assertThat(run(line, "-t", 999, "--force-threads").status()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run -m M -p x -n 1 --seed 1",
        "chat -m M",
        "bench -m M -p 4 -n 0 -r 1",
        "perplexity -m M -f DIR/text.txt -c 16 --chunks 1",
        "score -m M -p x --labels a,b",
        "imatrix -m M -f DIR/text.txt -o DIR/x.gguf -c 16 --chunks 1",
        "quantize M DIR/y.gguf Q8_0",
        "plan M --types q8_0 --bandwidth 1GB/s",
      })
  void notesThreadLimitOnce(String line) {
    assumeTrue(Threads.cores() < Threads.MAX, "skipped: no number of threads is too high here");
    Outcome outcome = run(line, "-t", Threads.cores() + 1);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.err()).containsOnlyOnce(NOTE);
    assertThat(run(line, "-t", Threads.cores()).err()).doesNotContain("requested");
    assertThat(run(line).err()).doesNotContain("requested");
  }

  @Test
  void startsForcedThreads() {
    assumeTrue(Threads.cores() < Threads.MAX, "skipped: no number of threads is too high here");
    Outcome outcome =
        run("bench -m M -p 4 -n 0 -r 1 -o csv", "-t", Threads.cores() + 1, "--force-threads");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.err()).doesNotContain("requested");
    assertThat(outcome.out()).contains(",\"" + (Threads.cores() + 1) + "\",\"f16\"");
  }
}
