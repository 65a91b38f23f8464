package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.ForeignOptions.Entry;
import dev.myelin.cli.ForeignOptions.Fate;
import dev.myelin.testing.RandomModel;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Options of llama.cpp's programs, which users type by habit. */
class ForeignTest {
  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
  }

  private static Outcome run(String line) {
    return Outcome.of(
        Stream.of(line.split(" "))
            .map(w -> w.equals("M") ? model.toString() : w)
            .toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-ngl 99           | -ngl 99 (Myelin computes on the CPU)",
        "-ngl 0            | -ngl 0 (Myelin computes on the CPU)",
        "--n-gpu-layers=99 | --n-gpu-layers 99 (Myelin computes on the CPU)",
        "-fa               | -fa (attention is always computed in one pass)",
        "-fa on            | -fa on (attention is always computed in one pass)",
        "--flash-attn auto | --flash-attn auto (",
        "--mlock --mmap    | --mlock (model files are mapped), --mmap (model files are mapped)",
        "--jinja           | --jinja (chat templates are always rendered as Jinja)",
        "--color           | --color (output has no colours)",
        "-no-cnv           | -no-cnv (run never waits for messages)",
        "-st               | -st (run never waits for messages)",
        "-ub 64            | -ub 64 (-b says how many tokens are computed together)",
        "--log-disable --no-warmup | --log-disable (",
        "--mirostat 0      | --mirostat 0 (it is off)",
      })
  void whatChangesNothingIsReportedInOneLine(String options, String note) {
    String plain = run("run -m M -p once -n 4 --temp 0 -t 1").out();
    Outcome outcome = run("run " + options + " M -p once -n 4 --temp 0 -t 1");
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.out()).isEqualTo(plain);
    assertThat(outcome.err().lines().filter(l -> l.startsWith("without effect here: ")).toList())
        .singleElement()
        .asString()
        .contains(note);
    assertThat(run("run -m M -p once -n 4 --temp 0 -t 1 " + options).out()).isEqualTo(plain);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run -hf user/model -p x      | -hf: nothing is downloaded yet: get the file (curl -LO"
            + " https://",
        "chat --hf-repo user/model    | --hf-repo: nothing is downloaded yet: get the file (curl"
            + " -LO",
        "run M -p x -cnv              | -cnv: `myelin chat` is the command for it",
        "run M -p x -i                | -i: `myelin chat` is the command for it",
        "chat M -no-cnv               | -no-cnv: `myelin run` is the command for it",
        "chat M -p x                  | -p: pipe the first message, echo TEXT | myelin chat",
        "chat M --chat-template llama3 | --chat-template: the template of the model's file is used",
        "run M -p x -ctk f16          | -ctk, -ctv: keys and values have the same type here",
        "run M -p x -ctk f16 -ctv f32 | -ctk, -ctv: keys and values have the same type here",
        "run M -p x -sys y            | -sys: run takes the prompt as it is; `myelin chat` renders",
        "run M -p x --chat-template llama3 | --chat-template: run takes the prompt as it is",
        "run M -p x --mirostat 2      | --mirostat: there is no such sampler",
        "run M -p x --grammar x       | --grammar: grammars are not supported yet",
        "run M -p x -ngl              | missing required parameter for option '-ngl'",
        "bench M -pg 1,2              | -pg: prompts (-p) and generation (-n) are measured apart",
        "perplexity M --kl-divergence | --kl-divergence: --kl-base FILE compares",
        "tokenize M -p x              | -p: pipe the text: printf '%s' TEXT | myelin tokenize",
      })
  void whatIsNotThereIsWrongUsageWithAHint(String line, String hint) {
    Outcome outcome = run(line.replace("/", "@").replace("user@model", "user/model"));
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err()).contains(hint).hasLineCount(1);
    assertThat(outcome.out()).isEmpty();
  }

  @Test
  void otherNamesAreUnderstood() {
    String expected = run("run -m M -p once -n 4 --temp 0 --cache-type f32 -b 2 -t 1").out();
    assertThat(
            run("run M -p once --n-predict 4 --temp 0 -ctk f32 -ctv f32 --batch-size 2 -t 1").out())
        .isEqualTo(expected);
    assertThat(
            run("run M -p once --n-predict=4 --temp 0 --cache-type-k=f32 --cache-type-v=f32 -b 2"
                    + " -t 1")
                .out())
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--jinja", "--n-gpu-layers", "--color"})
  void aValueMayLookLikeOne(String text) {
    assertThat(run("run M -n 0 -p " + text).out()).isEqualTo(text + "\n");
    assertThat(run("run M -n 0 --prompt=" + text).out()).isEqualTo(text + "\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run M -p x -n 1",
        "chat M",
        "bench M -p 2 -n 0 -r 1",
        "score M -p x --labels a,b",
        "tokenize M",
        "logits M --tokens 1 -o FOLDER/l",
        "inspect M",
        "inspect -m M",
        "plan M --speed 1GB/s --types q8_0",
      })
  void theModelNeedsNoOption(String line) {
    Outcome outcome = run(line.replace("FOLDER", folder.toString()));
    assertThat(outcome.status()).as(outcome.err()).isZero();
  }

  /** No line of the table is out of reach, or renames to what is not there. */
  @Test
  void theTableFitsTheCommands() {
    Map<String, CommandLine> commands = Commands.parser(Outcome.console()).getSubcommands();
    for (Entry entry : ForeignOptions.all()) {
      assertThat(commands.keySet()).as("%s", entry).containsAll(entry.commands());
      for (String command : entry.commands()) {
        Map<String, OptionSpec> own = commands.get(command).getCommandSpec().optionsMap();
        assertThat(own.keySet())
            .as("%s of %s", entry, command)
            .doesNotContainAnyElementsOf(entry.names());
        if (entry.fate() == Fate.RENAMED) {
          assertThat(own).containsKey(entry.words());
        }
      }
      assertThat(entry.fate() == Fate.CACHE_TYPE || !entry.words().isEmpty()).isTrue();
    }
  }
}
