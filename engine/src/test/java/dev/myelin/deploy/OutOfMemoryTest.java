package dev.myelin.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.ChildJvm;
import dev.myelin.testing.RandomModel;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Running out of memory or threads is an exception; ggml would abort the process. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "skipped: needs setrlimit of Linux")
class OutOfMemoryTest {
  /** Makes malloc request memory from the system each time, so that a limit applies at once. */
  private static final Map<String, String> MALLOC_SETTINGS =
      Map.of(
          "MALLOC_MMAP_THRESHOLD_", "4096",
          "MALLOC_TOP_PAD_", "0",
          "MALLOC_TRIM_THRESHOLD_", "0",
          "MALLOC_ARENA_MAX", "1");

  /** Keeps the JVM from allocating: no compiler, a committed heap. */
  private static final List<String> JVM_OPTIONS =
      List.of(
          "-Xint",
          "-Xms64m",
          "-Xmx64m",
          "-XX:+AlwaysPreTouch",
          "-XX:+UseSerialGC",
          "-Ddev.myelin.logging=off");

  @TempDir Path folder;

  @Test
  void lowMemorySucceedsOrNamesAllocation() throws Exception {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    List<String> output = run("steps", model);
    assertThat(output)
        .contains("done")
        .anyMatch(line -> line.startsWith("NativeLibraryException: no memory for "))
        .allMatch(
            line ->
                line.equals("done") || line.matches("NativeLibraryException: no memory for .+"));
  }

  @Test
  void usesAsManyThreadsAsCanStart() throws Exception {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    assertThat(run("threads", model)).containsExactly("all of them", "fewer", "the same logits");
  }

  @Test
  void reportsFileThatCannotBeMapped() throws Exception {
    Path large = folder.resolve("large.gguf");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(200 << 20); // sparse: uses no disk space
    }
    assertThat(run("mapping", large))
        .containsExactly(
            large + ": cannot be read: not enough address space to map it (ulimit -v?)");
  }

  private List<String> run(String scenario, Path model) throws Exception {
    List<String> options = new ArrayList<>(JVM_OPTIONS);
    options.add("-XX:ErrorFile=" + folder.resolve("error.log"));
    return ChildJvm.run(MALLOC_SETTINGS, OutOfMemoryProbe.class, 60, options, scenario, model)
        .lines()
        .toList();
  }
}
