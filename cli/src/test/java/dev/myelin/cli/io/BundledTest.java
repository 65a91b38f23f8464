package dev.myelin.cli.io;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.cli.Outcome;
import dev.myelin.gguf.Checkpoint;
import dev.myelin.testing.RandomModel;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands without {@code -m}: they use what is bundled, here a stand-in. */
class BundledTest {
  @TempDir static Path folder;
  private static Path file;
  private static Checkpoint bundled;

  @BeforeAll
  static void write() throws Exception {
    file = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    bundled = memory(Files.readAllBytes(file));
  }

  private static Checkpoint memory(byte[] bytes) {
    return Checkpoint.of(Bundled.NAME, MemorySegment.ofArray(bytes));
  }

  private static Outcome run(Object... args) {
    return Outcome.bundling(bundled, Map.of(), args);
  }

  private static Outcome ofFile(Object... args) {
    Object[] named = java.util.Arrays.copyOf(args, args.length + 2);
    named[args.length] = "-m";
    named[args.length + 1] = file;
    return Outcome.bundling(memory(new byte[0]), Map.of(), named);
  }

  @Test
  void runNeedsNoOptionAtAll() {
    Outcome outcome = run("run", "-n", 5, "--temp", 0, "-t", 1);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out())
        .startsWith(Bundled.PROMPT)
        .isEqualTo(ofFile("run", "-p", Bundled.PROMPT, "-n", 5, "--temp", 0, "-t", 1).out());
  }

  /** A prompt that the user forgot is not made up for a model of their own. */
  @Test
  void anotherModelStillNeedsAPrompt() {
    Outcome outcome = ofFile("run");
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err()).contains("no prompt: give -p TEXT, or -f FILE");
  }

  @Test
  void everyCommandComputesWithItAsWithAFile() {
    Object[][] lines = {
      {"logits", "--tokens", "1,300,17", "-t", 1},
      {"tokenize", "--ids"},
      {"score", "-p", "once", "--labels", "a,b", "-t", 1},
      {"chat", "-t", 1},
    };
    for (Object[] line : lines) {
      Outcome outcome = run(line);
      assertThat(outcome.err()).as("%s", line).doesNotContain("no model");
      assertThat(outcome.status()).isZero();
      assertThat(outcome.bytes()).isEqualTo(ofFile(line).bytes());
    }
    Outcome bench = run("bench", "-p", 4, "-n", 0, "-r", 1, "-t", 1, "-o", "json");
    assertThat(bench.status()).isZero();
    assertThat(bench.out()).contains(Bundled.NAME);
  }

  @Test
  void inspectShowsIt() {
    Outcome outcome = run("inspect");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out())
        .contains(Bundled.NAME)
        .isEqualTo(
            Outcome.of("inspect", file.toString()).out().replace(file.toString(), Bundled.NAME));
  }

  @Test
  void anOptionAndTheVariableComeFirst() {
    Map<String, String> variable = Map.of("MYELIN_MODEL", file.toString());
    Checkpoint unused = memory("not a model".getBytes());
    Object[] line = {"run", "-p", "once", "-n", 3, "--temp", 0, "-t", 1};
    Outcome byVariable = Outcome.bundling(unused, variable, line);
    assertThat(byVariable.status()).isZero();
    assertThat(byVariable.out()).isEqualTo(ofFile(line).out());
    assertThat(Outcome.bundling(unused, variable, "inspect").status()).isZero();
    assertThat(Outcome.bundling(unused, Map.of("MYELIN_MODEL", "/none"), line).err())
        .isEqualTo("myelin: /none: no such file\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"run -p x", "inspect", "bench", "tokenize", "info"})
  void aDamagedOneIsNamedInOneLine(String line) {
    Checkpoint damaged = memory("not a model".getBytes());
    Outcome outcome = Outcome.bundling(damaged, Map.of(), (Object[]) line.split(" "));
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err())
        .startsWith("myelin: the bundled checkpoint: magic \"not \"")
        .hasLineCount(1);
  }

  @Test
  void peersCannotReadIt() {
    Outcome outcome = run("bench", "--compare", "llama.cpp");
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err()).contains("peer llama.cpp: reads files only").hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "chat", "bench", "logits --tokens 1", "tokenize", "inspect"})
  void aBuildWithoutOneSaysWhatToDo(String line) {
    Outcome outcome = Outcome.of(line.split(" "));
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("with -m FILE")
        .contains("or in $MYELIN_MODEL; this build has none of its own")
        .hasLineCount(1);
  }

  @Test
  void infoNamesItAndItsCard() throws Exception {
    assertThat(run("info").out()).containsPattern("bundled +.* parameters, .*stories-model.md\n");
    assertThat(Outcome.of("info").out()).containsPattern("bundled +no model in this build\n");
    JsonNode json = new ObjectMapper().readTree(run("info", "--json").out()).get("bundled");
    assertThat(json.get("bytes").asLong()).isEqualTo(Files.size(file));
    assertThat(json.get("card").asText()).isEqualTo(Bundled.CARD);
    assertThat(
            new ObjectMapper().readTree(Outcome.of("info", "--json").out()).get("bundled").isNull())
        .isTrue();
  }
}
