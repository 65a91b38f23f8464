package dev.myelin.cli.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.cli.ChildProcess;
import dev.myelin.cli.Outcome;
import dev.myelin.testing.EnglishText;
import dev.myelin.testing.RandomAdapter;
import dev.myelin.testing.RandomModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Outputs of all commands: they never replace an input, a result or another output. */
class CommandFilesTest {
  @TempDir static Path folder;

  @BeforeAll
  static void write() throws IOException {
    assumeFalse(
        System.getProperty("os.name").startsWith("Windows"), "skipped: links need permission");
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    RandomAdapter.ofRank(2).write(folder.resolve("adapter.gguf"), model);
    Files.copy(model, folder.resolve("other.gguf"));
    Files.createLink(folder.resolve("hard"), model);
    Files.createSymbolicLink(folder.resolve("soft"), Path.of("model.gguf"));
    String text = new EnglishText(3).stories(20_000);
    Files.createDirectories(folder.resolve("texts/more"));
    Files.writeString(folder.resolve("texts/more/a.txt"), text);
    Files.writeString(folder.resolve("text.txt"), text);
    Files.writeString(folder.resolve("chats.jsonl"), "{\"messages\": []}\n");
    Files.writeString(folder.resolve("types"), "attn_k=q8_0");
    Files.writeString(folder.resolve("old"), "an older result");
    Files.writeString(folder.resolve("old.csv"), "an older result");
    // split files by name: their content is checked later
    Files.copy(model, folder.resolve("split-00001-of-00002.gguf"));
    Files.copy(model, folder.resolve("split-00002-of-00002.gguf"));
    Outcome.of(
        "imatrix",
        "-m",
        model,
        "-f",
        folder.resolve("text.txt"),
        "-o",
        folder.resolve("matrix.gguf"),
        "--chunks",
        1,
        "-c",
        32,
        "-t",
        1);
  }

  /** Every file with the hash of its content and its modification time. */
  private static Map<String, String> files() throws IOException {
    Map<String, String> all = new TreeMap<>();
    try (Stream<Path> found = Files.walk(folder)) {
      for (Path file : found.filter(Files::isRegularFile).toList()) {
        String what =
            java.util.Arrays.hashCode(Files.readAllBytes(file))
                + " "
                + Files.getLastModifiedTime(file);
        all.put(folder.relativize(file).toString(), what);
      }
    }
    return all;
  }

  private static Outcome of(String line) {
    return Outcome.of(
        Stream.of(line.strip().split(" +"))
            .map(word -> word.replaceFirst("^F/", folder + "/"))
            .toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "logits -m F/model.gguf --tokens 1 -o F/model.gguf | -o F/model.gguf and the model"
            + " F/model.gguf",
        "logits -m F/model.gguf --tokens 1 -o F/./model.gguf | -o F/./model.gguf and the model",
        "logits -m F/model.gguf --tokens 1 -o F/hard | -o F/hard and the model F/model.gguf",
        "logits -m F/model.gguf --tokens 1 -o F/soft | -o F/soft and the model F/model.gguf",
        "logits -m F/soft --tokens 1 -o F/model.gguf | -o F/model.gguf and the model F/soft",
        "logits -m F/split-00001-of-00002.gguf --tokens 1 -o F/split-00002-of-00002.gguf | and the"
            + " model",
        "logits -m F/model.gguf --lora F/adapter.gguf=2 --tokens 1 -o F/adapter.gguf | and --lora"
            + " F/adapter.gguf",
        "imatrix -m F/model.gguf -f F/text.txt -o F/model.gguf | -o F/model.gguf and the model"
            + " F/model.gguf",
        "imatrix -m F/model.gguf -f F/text.txt -o F/text.txt | -o F/text.txt and -f F/text.txt",
        "imatrix --in-file F/matrix.gguf -o F/matrix.gguf | and --in-file F/matrix.gguf",
        "perplexity -m F/model.gguf -f F/text.txt --save-logits F/model.gguf | --save-logits"
            + " F/model.gguf and the model",
        "perplexity -m F/model.gguf -f F/text.txt --save-logits F/text.txt | and -f F/text.txt",
        "quantize F/model.gguf F/model.gguf Q8_0 | OUT F/model.gguf and IN F/model.gguf",
        "quantize F/soft F/hard Q8_0 | OUT F/hard and IN F/soft",
        "quantize F/model.gguf F/matrix.gguf Q8_0 --imatrix F/matrix.gguf | OUT F/matrix.gguf and"
            + " --imatrix F/matrix.gguf",
        "quantize F/model.gguf F/types Q8_0 --tensor-type-file F/types | OUT F/types and"
            + " --tensor-type-file F/types",
        "inspect F/model.gguf --html F/hard | --html F/hard and the model F/model.gguf",
        "train F/text.txt -o F/text.txt | -o F/text.txt and TEXT F/text.txt",
        "train F/text.txt -o F/x.gguf --csv F/text.txt | --csv F/text.txt and TEXT F/text.txt",
        "train F/text.txt -o F/x.gguf --chart F/text.txt | --chart F/text.txt and TEXT F/text.txt",
        "train F/text.txt -o F/x.gguf --csv F/x.gguf | --csv F/x.gguf and -o F/x.gguf",
        "train F/text.txt -o F/x.gguf --csv F/y --chart F/./y | --chart F/./y and --csv F/y",
        "train F/text.txt -o F/x.gguf --csv F/x.state.gguf | --csv F/x.state.gguf and the state of"
            + " -o, F/x.state.gguf",
        "train F/texts -o F/x.gguf --csv F/texts/more/a.txt | --csv F/texts/more/a.txt and TEXT"
            + " F/texts/more/a.txt",
        "train F/text.txt --init-from F/model.gguf --lora -o F/model.gguf | -o F/model.gguf and"
            + " --init-from F/model.gguf",
        "train --chat F/chats.jsonl --init-from F/model.gguf -o F/chats.jsonl | and --chat"
            + " F/chats.jsonl",
        "train F/text.txt --init-from F/model.gguf --lora -o F/model.gguf --overwrite | and"
            + " --init-from",
      })
  void rejectsOutputThatIsAnotherFile(String line, String names) throws IOException {
    Map<String, String> before = files();
    Outcome outcome = of(line);
    assertThat(outcome.err())
        .contains(names.replace("F/", folder + "/"))
        .contains(" are the same file: expected another output file")
        .hasLineCount(1);
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(files()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "logits -m F/model.gguf --tokens 1,99999999 -o F/old | 1 | token id 99999999",
        "logits -m F/model.gguf --tokens 1 -o F/other.gguf | 1 | other.gguf: is a model",
        "stories -o F/other.gguf | 1 | other.gguf: is a model",
        "inspect F/model.gguf --html F/other.gguf | 1 | other.gguf: is a model",
        "train F/text.txt -o F/x.gguf --chart F/other.gguf | 1 | other.gguf: is a model",
        "perplexity -m F/model.gguf -f F/text.txt --save-logits F/other.gguf | 1 | is a model",
        "perplexity -m F/model.gguf -f F/none --save-logits F/old | 1 | none: no such file",
        "imatrix -m F/model.gguf -f F/text.txt -c 100000 -o F/old | 1 | tokens of text",
        "quantize F/model.gguf F/old IQ2_XXS | 1 | needs an importance matrix",
        "quantize F/model.gguf F/model.gguf/x Q8_0 | 1 | cannot be written: no such folder",
        "train F/text.txt -o F/old | 1 | old: exists: expected --resume",
        "train F/text.txt -o F/old.gguf | 1 | old.csv: exists: expected --resume",
        "train F/text.txt -o F/no/x.gguf | 1 | no/x.gguf: cannot be written: no such folder",
        "train F/text.txt -o F/x.gguf --csv F/no/x | 1 | no/x: cannot be written: no such folder",
        "train F/text.txt -o F/x.gguf --chart F/texts | 1 | texts: this is a folder",
        "train F/texts -o F/texts/x.gguf | 2 | is in the folder of texts",
        "train F/texts -o F/x.gguf --csv F/texts/more/b.csv | 2 | is in the folder of texts",
        "train F/text.txt -o F/old --resume --overwrite | 2 | expected one of them",
        "imatrix -m F/model.gguf -f F/text.txt -o - | 2 | -o -: expected a file name",
        "quantize F/model.gguf - Q8_0 | 2 | OUT -: expected a file name",
      })
  void failureLeavesFilesUnchanged(String line, int status, String message) throws IOException {
    Map<String, String> before = files();
    Outcome outcome = of(line);
    assertThat(outcome.err()).contains(message).hasLineCount(1);
    assertThat(outcome.status()).isEqualTo(status);
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void hyphenIsStandardOutput() {
    assertThat(of("stories -n 2 -o -").out()).isEqualTo(of("stories -n 2").out());
    assertThat(of("logits -m F/model.gguf --tokens 1,2 -o -").bytes()).hasSize(2 * 320 * 4);
  }

  @Test
  void acceptsNameWithHyphen() throws Exception {
    Path place = Files.createDirectory(folder.resolve("place"));
    Process process =
        ChildProcess.myelin(List.of(), "stories", "-o", "./-stories")
            .directory(place.toFile())
            .start();
    assertThat(ChildProcess.readRemaining(process.getErrorStream())).isEmpty();
    assertThat(ChildProcess.exitStatus(process)).isZero();
    assertThat(place.resolve("-stories")).content().isEqualTo(of("stories").out());
  }

  /** A pipe is written to and not replaced. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantize F/model.gguf OUT Q8_0",
        "imatrix -m F/model.gguf -f F/text.txt --chunks 1 -c 32 -t 1 -o OUT",
        "imatrix -m F/model.gguf -f F/text.txt --chunks 1 -c 32 -t 1 --output-format dat -o OUT",
        "perplexity -m F/model.gguf -f F/text.txt --chunks 1 -c 32 -t 1 --save-logits OUT",
        "logits -m F/model.gguf --tokens 1,2,3 -o OUT",
        "stories -n 3 -o OUT",
        "inspect F/model.gguf --no-histograms --html OUT",
      })
  void pipeReceivesSameBytesAsFile(String line) throws Exception {
    Path file = folder.resolve("plain");
    Outcome plain = of(line.replace("OUT", file.toString()));
    assertThat(plain.status()).as(plain.err()).isZero();
    Path pipe = folder.resolve("pipe");
    assumeTrue(
        new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "skipped: no mkfifo");
    Path copy = folder.resolve("copy");
    try {
      Process reader =
          new ProcessBuilder("cat", pipe.toString()).redirectOutput(copy.toFile()).start();
      Outcome piped = of(line.replace("OUT", pipe.toString()));
      assertThat(piped.status()).as(piped.err()).isZero();
      assertThat(reader.waitFor()).isZero();
      assertThat(copy).hasSameBinaryContentAs(file);
      assertThat(Files.isRegularFile(pipe)).isFalse();
    } finally {
      Files.delete(pipe);
      Files.delete(file);
      Files.deleteIfExists(copy);
    }
  }
}
