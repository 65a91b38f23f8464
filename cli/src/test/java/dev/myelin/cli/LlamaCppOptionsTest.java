package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.LlamaCppOptions.Action;
import dev.myelin.cli.LlamaCppOptions.Entry;
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

/** Options of llama.cpp's programs. */
class LlamaCppOptionsTest {
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
        "-fa               | -fa (flash attention is always used)",
        "-fa on            | -fa on (flash attention is always used)",
        "--flash-attn auto | --flash-attn auto (",
        "--mlock --mmap    | --mlock (model files are always mapped), --mmap (model files are"
            + " always mapped)",
        "--jinja           | --jinja (chat templates are always rendered as Jinja)",
        "--color           | --color (output has no colors)",
        "-no-cnv           | -no-cnv (run is not interactive)",
        "-st               | -st (run is not interactive)",
        "-ub 64            | -ub 64 (-b sets the batch size)",
        "--log-disable --no-warmup | --log-disable (",
        "--mirostat 0      | --mirostat 0 (it is off)",
        "-ctxcp 8          | -ctxcp 8 (--state-snapshots SIZE of run and chat limits the memory",
        "-kvu --swa-full   | -kvu (all sequences share one cache), --swa-full (pages outside of",
      })
  void notesIgnoredOptions(String options, String note) {
    String plain = run("run -m M -p once -n 4 --temp 0 -t 1").out();
    Outcome outcome = run("run " + options + " M -p once -n 4 --temp 0 -t 1");
    assertThat(outcome.status()).as(outcome.err()).isZero();
    assertThat(outcome.out()).isEqualTo(plain);
    assertThat(outcome.err().lines().filter(l -> l.startsWith("ignored: ")).toList())
        .singleElement()
        .asString()
        .contains(note);
    assertThat(run("run -m M -p once -n 4 --temp 0 -t 1 " + options).out()).isEqualTo(plain);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run -hft hf_x -p x           | -hft: set the environment variable HF_TOKEN",
        "chat --docker-repo x          | --docker-repo: `myelin pull` takes models of a hub",
        "run M -p x -cnv              | -cnv: use `myelin chat`",
        "run M -p x -i                | -i: use `myelin chat`",
        "chat M -no-cnv               | -no-cnv: use `myelin run`",
        "chat M -p x                  | -p: pipe the first message, echo TEXT | myelin chat",
        "chat M --chat-template llama3 | --chat-template: the model's template is used",
        "bench -m M -ctk f16          | -ctk, -ctv: keys and values must have the same type",
        "bench -m M -ctk f16 -ctv f32 | -ctk, -ctv: keys and values must have the same type",
        "run M -p x -sys y            | -sys: run does not apply chat templates; use `myelin chat`",
        "run M -p x --chat-template llama3 | --chat-template: run does not apply chat templates",
        "run M -p x --mirostat 2      | --mirostat: this sampler is not supported",
        "run M -p x --grammar x       | --grammar: grammars are not supported yet",
        "run M -p x -ngl              | missing required parameter for option '-ngl'",
        "bench M -pg 1,2              | -pg: prompt (-p) and generation (-n) are measured"
            + " separately",
        "perplexity M --kl-divergence | --kl-divergence: use --kl-base FILE",
        "tokenize M -p x              | -p: pipe the text: printf '%s' TEXT | myelin tokenize",
      })
  void rejectsUnsupportedOptionsWithHint(String line, String hint) {
    Outcome outcome = run(line.replace("/", "@").replace("user@model", "user/model"));
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err()).contains(hint).hasLineCount(1);
    assertThat(outcome.out()).isEmpty();
  }

  @Test
  void acceptsLlamaCppNames() {
    String expected = run("run -m M -p once -n 4 --temp 0 --cache-type f32 -b 2 -t 1").out();
    assertThat(
            run("run M -p once --n-predict 4 --temp 0 -ctk f32 -ctv f32 --batch-size 2 -t 1").out())
        .isEqualTo(expected);
    assertThat(
            run("run M -p once --n-predict=4 --temp 0 --cache-type-k=f32 --cache-type-v=f32 -b 2"
                    + " -t 1")
                .out())
        .isEqualTo(expected);
    assertThat(run("run M -p once -n 4 --temp 0 -ctk q8_0 -ctv q4_0 -t 1").out())
        .isEqualTo(
            run("run M -p once -n 4 --temp 0 --cache-type q4_0 --cache-type-k q8_0 -t 1").out());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--jinja", "--n-gpu-layers", "--color"})
  void acceptsValueThatLooksLikeOption(String text) {
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
        "plan M --bandwidth 1GB/s --types q8_0",
      })
  void acceptsPositionalModel(String line) {
    Outcome outcome = run(line.replace("FOLDER", folder.toString()));
    assertThat(outcome.status()).as(outcome.err()).isZero();
  }

  /** Every row of the table can match, and renames to an existing option. */
  @Test
  void tableMatchesCommands() {
    Map<String, CommandLine> commands = Commands.parser(Outcome.console()).getSubcommands();
    for (Entry entry : LlamaCppOptions.all()) {
      assertThat(commands.keySet()).as("%s", entry).containsAll(entry.commands());
      for (String command : entry.commands()) {
        Map<String, OptionSpec> own = commands.get(command).getCommandSpec().optionsMap();
        assertThat(own.keySet())
            .as("%s of %s", entry, command)
            .doesNotContainAnyElementsOf(entry.names());
        if (entry.action() == Action.RENAME) {
          assertThat(own).containsKey(entry.text());
        }
      }
      assertThat(entry.action() == Action.CACHE_TYPE || !entry.text().isEmpty()).isTrue();
    }
  }
}
