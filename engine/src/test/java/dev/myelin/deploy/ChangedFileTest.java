package dev.myelin.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.ChildJvm;
import dev.myelin.testing.RandomAdapter;
import dev.myelin.testing.RandomModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A mapped file is changed while it is in use. Runs in child JVMs, which would crash if the fault
 * were not handled.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "skipped: files are watched on Linux only")
class ChangedFileTest {
  private static final String CHANGED =
      ": changed since it was opened: expected that it is neither written to nor truncated";

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void writeModel() {
    model = RandomModel.small("llama").withType(GgmlType.Q8_0).write(folder.resolve("model.gguf"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "shortened", // between two steps
        "shortened-meanwhile", // by another thread
        "shortened-adapter",
        "emptied",
        "overwritten", // the same size, other bytes
        "inspected", // opened without native code, read by it
        "copied" // as training does
      })
  void reportsChangedFile(String scenario) throws Exception {
    Path adapter = RandomAdapter.ofRank(2).write(folder.resolve("adapter.gguf"), model);
    Path changed = scenario.equals("shortened-adapter") ? adapter : model;
    assertThat(run(scenario, adapter))
        .containsExactly("before", changed + CHANGED, changed + CHANGED, "closed");
  }

  /** Without native code, the JVM itself reports the fault. */
  @ParameterizedTest
  @ValueSource(strings = {"metadata", "vocabulary"})
  void reportsChangedFileWithoutNativeCode(String scenario) throws Exception {
    assertThat(run(scenario, model)).containsExactly("before", model + CHANGED, "closed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"replaced", "deleted", "in-memory"})
  void ignoresReplacedAndDeletedFiles(String scenario) throws Exception {
    assertThat(run(scenario, model)).containsExactly("before", "the same", "the same", "closed");
  }

  @Test
  void reportsFileTruncatedDuringQuantisation() throws Exception {
    RandomModel.small("llama").withType(GgmlType.F32).write(model);
    Path out = folder.resolve("out.gguf");
    assertThat(run("quantised", out))
        .hasSize(2)
        .first()
        .asString()
        .startsWith(model + ": ")
        .containsAnyOf("changed since it was opened", "ends within a tensor");
    assertThat(Files.exists(out)).isFalse();
  }

  private List<String> run(String scenario, Path other) throws Exception {
    List<String> options = List.of("-XX:ErrorFile=" + folder.resolve("error.log"));
    return ChildJvm.run(ChangedFileProbe.class, 60, options, scenario, model, other)
        .lines()
        .toList();
  }
}
