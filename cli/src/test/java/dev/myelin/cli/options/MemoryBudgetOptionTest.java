package dev.myelin.cli.options;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.Outcome;
import dev.myelin.testing.RandomModel;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --memory-budget} of run, chat and bench, and {@code --state-snapshots}. */
class MemoryBudgetOptionTest {
  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
  }

  private static Outcome run(Object... more) {
    Object[] words = {"-m", model, "-p", "a", "-n", 1, "--temp", 0, "-t", 1};
    Object[] all = java.util.Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return Outcome.of("run", all);
  }

  @Test
  void verbosePrintsTheChoice() {
    Outcome outcome = run("--memory-budget", "1G", "--verbose");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.err())
        .contains("memory budget 1G: 1", "(weights 7 MB, f16 cache of 512 tokens ");
    assertThat(run("--memory-budget", "1G").err()).doesNotContain("memory budget");
  }

  @Test
  void explicitOptionsAreKept() {
    Outcome outcome = run("--memory-budget", "1G", "-c", "300", "--cache-type", "f32", "--verbose");
    assertThat(outcome.err()).contains("f32 cache of 300 tokens");
  }

  @Test
  void refusesAModelThatDoesNotFit() {
    Outcome outcome = run("--memory-budget", "64M");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .startsWith("myelin: memory budget 67 MB: " + model + " needs ")
        .contains("q8_0 cache of 64 tokens");
  }

  @Test
  void refusesOtherSizes() {
    Outcome outcome = run("--memory-budget", "small");
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err()).contains("memory-budget = small: expected a size such as 512M or 2G");
  }

  @Test
  void benchChoosesTheCacheType() {
    Outcome outcome =
        Outcome.of(
            "bench",
            "-m",
            model,
            "-p",
            8,
            "-n",
            0,
            "-r",
            1,
            "-t",
            1,
            "--memory-budget",
            "1G",
            "--verbose");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.err()).contains("memory budget 1G: ").contains("f16 cache of 8 tokens");
  }

  @Test
  void chatChecksBeforeItStarts() {
    Outcome outcome = Outcome.withInput("hi\n", "chat", "-m", "" + model, "--memory-budget", "1M");
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err()).contains("memory budget 1 MB: ");
  }

  @Test
  void snapshotsTakeASizeOrNone() {
    assertThat(run("--state-snapshots", "0").status()).isZero();
    assertThat(run("--state-snapshots", "500M").status()).isZero();
    Outcome outcome = run("--state-snapshots", "few");
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err()).contains("state-snapshots = few: expected a size such as 512M or 2G");
  }
}
