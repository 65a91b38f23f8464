package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.cli.io.BundledModel;
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

/** Commands without {@code -m} use the bundled model, here a substitute. */
class DefaultModelTest {
  @TempDir static Path folder;
  private static Path file;
  private static Checkpoint bundled;

  @BeforeAll
  static void write() throws Exception {
    file = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    bundled = memory(Files.readAllBytes(file));
  }

  private static Checkpoint memory(byte[] bytes) {
    return Checkpoint.of(BundledModel.NAME, MemorySegment.ofArray(bytes));
  }

  private static Outcome run(Object... args) {
    return Outcome.withBundledModel(bundled, Map.of(), args);
  }

  private static Outcome ofFile(Object... args) {
    Object[] named = java.util.Arrays.copyOf(args, args.length + 2);
    named[args.length] = "-m";
    named[args.length + 1] = file;
    return Outcome.withBundledModel(memory(new byte[0]), Map.of(), named);
  }

  @Test
  void runNeedsNoOptions() {
    Outcome outcome = run("run", "-n", 5, "--temp", 0, "-t", 1);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out())
        .startsWith(BundledModel.DEFAULT_PROMPT)
        .isEqualTo(
            ofFile("run", "-p", BundledModel.DEFAULT_PROMPT, "-n", 5, "--temp", 0, "-t", 1).out());
  }

  /** Only the bundled model has a default prompt. */
  @Test
  void otherModelNeedsPrompt() {
    Outcome outcome = ofFile("run");
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err()).contains("no prompt: give -p TEXT, or -f FILE");
  }

  @Test
  void everyCommandUsesBundledModel() {
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
    assertThat(bench.out()).contains(BundledModel.NAME);
  }

  @Test
  void inspectShowsBundledModel() {
    Outcome outcome = run("inspect");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out())
        .contains(BundledModel.NAME)
        .isEqualTo(
            Outcome.of("inspect", file.toString())
                .out()
                .replace(file.toString(), BundledModel.NAME));
  }

  @Test
  void variableOverridesBundledModel() {
    Map<String, String> variable = Map.of("MYELIN_MODEL", file.toString());
    Checkpoint unused = memory("not a model".getBytes());
    Object[] line = {"run", "-p", "once", "-n", 3, "--temp", 0, "-t", 1};
    Outcome byVariable = Outcome.withBundledModel(unused, variable, line);
    assertThat(byVariable.status()).isZero();
    assertThat(byVariable.out()).isEqualTo(ofFile(line).out());
    assertThat(Outcome.withBundledModel(unused, variable, "inspect").status()).isZero();
    assertThat(Outcome.withBundledModel(unused, Map.of("MYELIN_MODEL", "/none"), line).err())
        .isEqualTo("myelin: /none: no such file\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"run -p x", "inspect", "bench", "tokenize", "info"})
  void reportsDamagedBundledModel(String line) {
    Checkpoint damaged = memory("not a model".getBytes());
    Outcome outcome = Outcome.withBundledModel(damaged, Map.of(), (Object[]) line.split(" "));
    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.err())
        .startsWith("myelin: the bundled model: magic \"not \"")
        .hasLineCount(1);
  }

  @Test
  void peersRejectBundledModel() {
    Outcome outcome = run("bench", "--compare", "llama.cpp");
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err()).contains("peer llama.cpp: reads files only").hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "chat", "bench", "logits --tokens 1", "tokenize", "inspect"})
  void reportsMissingBundledModel(String line) {
    Outcome outcome = Outcome.of(line.split(" "));
    assertThat(outcome.status()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("with -m FILE")
        .contains("or in $MYELIN_MODEL; this build has no bundled model")
        .hasLineCount(1);
  }

  @Test
  void infoShowsBundledModel() throws Exception {
    assertThat(run("info").out())
        .containsPattern("bundled model +.* parameters, .*stories-model.md\n");
    assertThat(Outcome.of("info").out()).containsPattern("bundled model +none in this build\n");
    JsonNode json = new ObjectMapper().readTree(run("info", "--json").out()).get("bundled_model");
    assertThat(json.get("bytes").asLong()).isEqualTo(Files.size(file));
    assertThat(json.get("model_card").asText()).isEqualTo(BundledModel.MODEL_CARD);
    assertThat(
            new ObjectMapper()
                .readTree(Outcome.of("info", "--json").out())
                .get("bundled_model")
                .isNull())
        .isTrue();
  }
}
