package dev.myelin.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.Outcome;
import dev.myelin.testing.RandomModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Given options without effect are noted in one line. */
class UnusedOptionsTest {
  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() throws Exception {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Files.writeString(folder.resolve("text.txt"), "once upon a time there was a cat. ".repeat(20));
    Outcome made = run("imatrix -m M -f D/text.txt -c 16 --chunks 1 -o D/a.gguf");
    assertThat(made.status()).as(made.err()).isZero();
    assertThat(made.err()).doesNotContain("effect");
  }

  private static Outcome run(String line) {
    return Outcome.of(
        Stream.of(line.split(" "))
            .map(w -> w.equals("M") ? model.toString() : w.replace("D/", folder + "/"))
            .toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run -m M -p x -n 1 --temp 0 --top-k 3 -s 4 | --top-k, -s have no effect: temperature 0"
            + " chooses",
        "run -m M -p x -n 1 --temp 0 --seed 4       | --seed has no effect: temperature 0 chooses",
        "chat -m M --temperature 0 --top-nsigma 1   | --top-nsigma has no effect: temperature 0"
            + " chooses",
        "run -m M -p x -n 1 --repeat-last-n 3       | --repeat-last-n has no effect: no penalty is"
            + " set",
        "run -m M -p x -n 1 --repeat-last-n 0 --repeat-penalty 2 | --repeat-penalty has"
            + " no effect: --repeat-last-n 0",
        "plan M --types q8_0 --bandwidth 1GB/s -t 1     | -t has no effect: --bandwidth is given",
        "imatrix --in-file D/a.gguf -o D/b.gguf --no-ppl --chunks 3 -m M | -m, --chunks, --no-ppl"
            + " have no effect: without -f",
        "inspect M --tensors --histogram output     | --tensors has no effect: --histogram"
            + " prints",
        "inspect M --metadata --html D/p.html --no-histograms | --metadata has no effect: --html"
            + " prints nothing",
        "quantize M D/q.gguf Q8_0 --exclude-weights x | --exclude-weights has no effect:"
            + " --imatrix is not given",
        "train D/text.txt -o D/t.gguf --lora-rank 4 --steps 1 --vocab-size 9 | --lora-rank has no"
            + " effect: --lora is not given",
        "train D/text.txt -o D/t.gguf --init-from D/none --layers 4 | --layers has no effect:"
            + " the model of --init-from has",
      })
  void notesUnusedOptions(String line, String remark) {
    Outcome outcome = run(line);
    assertThat(outcome.err().lines().filter(l -> l.contains(" no effect: ")).toList())
        .singleElement()
        .asString()
        .startsWith(remark);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run -m M -p x -n 1 --temp 0",
        "run -m M -p x -n 1 --temp 0 --typical 0.5 --repeat-penalty 1.2",
        "run -m M -p x -n 1 --top-k 3 -s 4 --typical-p 0.9 --top-n-sigma 2",
        "run -m M -p x -n 1 --repeat-penalty 1.2 --repeat-last-n 3",
        "chat -m M",
        "plan M --types q8_0 --bandwidth 1GB/s",
        "inspect M --tensors --metadata",
        "inspect M --tensors --histogram output --json",
        "quantize M D/q.gguf Q8_0",
      })
  void doesNotNoteUsedOptions(String line) {
    Outcome outcome = run(line);
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.err()).doesNotContain(" no effect: ");
  }
}
