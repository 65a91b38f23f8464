package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.cli.io.Console;
import dev.myelin.testing.RandomModel;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Help, wrong usage (status 2) and failures (status 1). */
class UsageTest {
  @TempDir static Path folder;
  static Path model;

  @BeforeAll
  static void write() throws Exception {
    model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    Files.writeString(folder.resolve("text.gguf"), "not a model at all");
    Files.write(folder.resolve("latin1.txt"), new byte[] {'c', 'a', 'f', (byte) 0xe9});
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                              | myelin: no command given",
        "rum                             | myelin: unknown command 'rum': did you mean run?",
        "tokenise -m M                   | myelin: unknown command 'tokenise': did you mean"
            + " tokenize?",
        "zzz                             | myelin: unknown command 'zzz' (see `myelin"
            + " --help`)",
        "--verison                       | myelin: unknown option '--verison': did you mean"
            + " --version?",
        "help zzz                        | myelin help: unknown command 'zzz'",
        "run -m M -p x --tmep 1          | unknown option '--tmep': did you mean --temp?",
        "run -m M -p x --top_k=1         | unknown option '--top_k=1': did you mean --top-k?",
        "run -m M -p x y                 | unknown argument 'y'",
        "run -m M                        | no prompt: give -p TEXT, or -f FILE",
        "run -p x                        | no model: give a GGUF file with -m FILE or in"
            + " $MYELIN_MODEL",
        "run -m M -p                     | missing required parameter for option '-p' (TEXT)",
        "run -m M -p x -f y              | two prompts: give --prompt or --file",
        "run -m M -p x -n many           | option '-n': 'many' is not an integer",
        "run -m M -p x -n -2             | n = -2: expected -1 (no limit) or more",
        "run -m M -p x --temp -0.5       | temperature = -0.5: expected 0 or more",
        "run -m M -p x --temp nan        | option '--temp': 'nan' is not a number",
        "run -m M -p x --temperature=inf | option '--temperature': 'inf' is not a number",
        "run -m M -p x --min-p NaN       | option '--min-p': 'NaN' is not a number",
        "run -m M -p x --temp 1e999      | option '--temp': '1e999' is out of range: expected at"
            + " most 3.4028235E38",
        "run -m M -p x --top-p 0x1p-1    | option '--top-p': '0x1p-1' is not a number",
        "run -m M -p x --top-p 1f        | option '--top-p': '1f' is not a number",
        "run -m M -p x --top-p .         | option '--top-p': '.' is not a number",
        "run -m M -p x -n 0x10           | option '-n': '0x10' is not an integer",
        "run -m M -p x -n99999999999     | option '-n': '99999999999' is out of range: expected"
            + " -2147483648 to",
        "run -m M -p x --predict 1.5     | option '--predict': '1.5' is not an integer",
        "run -m M -p x -s 99999999999999999999 | option '-s': '99999999999999999999' is out of"
            + " range: expected -92",
        "run -m M -p x --typical 0       | typical-p = 0.0: expected above 0 and at most 1",
        "run -m M -p x --top-n-sigma -1  | top-n-sigma = -1.0: expected 0 (off) or more",
        "train x -o y --lr nan           | option '--lr': 'nan' is not a number",
        "train x -o y --epochs 1e400     | option '--epochs': '1e400' is out of range: expected at"
            + " most 1.79",
        "run M -m M -p x                 | -m already names the model (quote"
            + " text with spaces)",
        "run M -p once upon              | unknown argument 'upon'",
        "run -m M -e -f x                | -e: expected with -p TEXT",
        "run -m M -e -p \\xff            | --escape: byte 0xff at 0: expected UTF-8",
        "bench M,,M                      | the file name is empty",
        "run -m M -p x --top-p 1.5       | top-p = 1.5: expected 0 to 1",
        "run -m M -p x --stop a\\qb      | --stop 'a\\qb': expected \\n, \\t, \\r or \\\\",
        "run -m M -p x --cache-type q6_K | cache type q6_K: known are f32, f16, bf16, q8_0, q5_1,"
            + " q5_0, q4_1, q4_0, iq4_nl",
        "run -m M -p x -b 0              | batch = 0: expected 1 to",
        "run -m M -p x -t -1             | threads = -1: expected 0 to 512; this process may use",
        "run -m M -p x -t 100000         | threads = 100000: expected 0 to 512; this process may"
            + " use",
        "run -m M -p x -c -1             | context = -1: expected 0 or more",
        "logits -m M                     | expected either --tokens 1,2,3 or --prompt TEXT",
        "logits -m M --tokens 1,x        | '--tokens' (ID): 'x' is not an integer",
        "tokenize -m M --id              | unknown option '--id': did you mean --ids?",
      })
  void reportsWrongUsage(String line, String message) {
    Outcome outcome = Outcome.of(words(line));
    assertThat(outcome.err()).endsWith(" --help`)\n");
    outcome.assertFailed(2, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "run -m FOLDER/none.gguf -p x        | FOLDER/none.gguf: no such file",
        "run -m FOLDER -p x                  | FOLDER: this is a folder: expected a GGUF file",
        "run -m FOLDER/text.gguf -p x        | FOLDER/text.gguf: magic \"not \": expected \"GGUF\"",
        "chat -m FOLDER/text.gguf            | FOLDER/text.gguf: magic \"not \": expected \"GGUF\"",
        "tokenize -m FOLDER/none.gguf        | FOLDER/none.gguf: no such file",
        "run -m M -f FOLDER/none.txt         | FOLDER/none.txt: no such file",
        "run -m M -f FOLDER                  | FOLDER: this is a folder",
        "run -m M -f FOLDER/latin1.txt       | FOLDER/latin1.txt: byte 0xe9 at 3: expected UTF-8",
        "run -m M -p aaaaa -c 2              | do not fit into a context of 2",
        "logits -m M --tokens 1,999999       | token id 999999: the vocabulary has 0 to",
        "logits -m M --tokens -1             | token id -1: the vocabulary has 0 to",
        "logits -m M --tokens 1 -o FOLDER    | FOLDER: this is a folder",
        "logits -m M --tokens 1 -o M/x       | M/x: cannot be written: no such folder",
        "logits -m M --tokens 1 -o FOLDER/no/x | FOLDER/no/x: cannot be written: no such folder",
      })
  void reportsFailedWork(String line, String message) {
    Outcome outcome = Outcome.of(words(line));
    assertThat(outcome.err()).startsWith("myelin: ").hasLineCount(1);
    assertThat(outcome.err())
        .contains(message.replace("FOLDER", folder.toString()).replace("M/", model + "/"));
    assertThat(outcome.status()).isEqualTo(1);
  }

  private static String[] words(String line) {
    return Stream.of(line.split(" "))
        .filter(word -> !word.isEmpty())
        .map(word -> word.replace("FOLDER", folder.toString()))
        .map(word -> word.replaceFirst("^M(/|$)", model + "$1"))
        .toArray(String[]::new);
  }

  @Test
  void rejectsInvalidFileName() {
    Outcome nul = Outcome.of("run", "-m", "a\0b", "-p", "x");
    assertThat(nul.status()).isEqualTo(2);
    assertThat(nul.err())
        .contains("option '-m': 'a\\u0000b' is not a file name: Nul character not allowed")
        .hasLineCount(1);
    assertThat(Outcome.of("run", "-m", "", "-p", "x").err())
        .contains("option '-m': the file name is empty");
  }

  @Test
  void verbosePrintsStackTrace() {
    String[] line = {"run", "-m", "/none", "-p", "x", "--verbose"};
    assertThat(Outcome.of(line).err()).contains("/none: no such file", "\tat dev.myelin.");
    assertThat(Outcome.of("run", "--nope", "--verbose").err())
        .contains("unknown option '--nope'", "\tat ");
  }

  static Set<String> commands() {
    return Commands.parser(Outcome.console()).getSubcommands().keySet();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasHelp(String name) {
    Outcome help = Outcome.of(name, "--help");
    assertThat(help.status()).isZero();
    assertThat(help.out()).startsWith("Usage: myelin " + name).endsWith("\n");
    assertThat(help.err()).isEmpty();
    assertThat(Outcome.of("help", name).out()).isEqualTo(help.out());
    assertThat(help.out().lines()).allMatch(l -> l.length() <= 100, "fits 100 columns");
    if (!Set.of("help", "version").contains(name)) {
      assertThat(help.out()).containsPattern("\nExamples?:\n  ");
    }
  }

  @Test
  void helpListsEveryCommand() {
    String help = Outcome.of("--help").out();
    assertThat(commands()).contains("run", "chat", "tokenize", "logits", "help", "completion");
    assertThat(commands()).allMatch(name -> help.contains("\n  " + name + " "));
    assertThat(Outcome.of("help").out()).isEqualTo(help);
    assertThat(help).doesNotContain("\u001b");
  }

  @Test
  void printsVersion() {
    String version = Outcome.of("version").out();
    assertThat(version).matches("myelin .+\n");
    assertThat(Outcome.of("--version").out()).isEqualTo(version);
    assertThat(Outcome.of("-V").out()).isEqualTo(version);
  }

  @Test
  void buildsOnlyTheCommandInUse() {
    CommandLine line = Commands.parser(Outcome.console(), "run", "-p", "x");
    assertThat(line.getSubcommands().keySet()).containsExactly("run");
  }

  @Test
  void reportsOutputError() {
    StringWriter err = new StringWriter();
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws java.io.IOException {
            throw new java.io.IOException("No space left on device");
          }
        };
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            full,
            new PrintWriter(err, true),
            Map.of(),
            () -> false);
    for (String command : new String[] {"--help", "version", "help"}) {
      err.getBuffer().setLength(0);
      assertThat(Myelin.run(console, command)).isEqualTo(1);
      assertThat(err.toString()).isEqualTo("myelin: standard output: No space left on device\n");
    }
  }
}
