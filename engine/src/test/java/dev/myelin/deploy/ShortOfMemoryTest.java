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

/** Where memory or threads run out, an exception says so; ggml would end the process. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "skipped: needs setrlimit of Linux")
class ShortOfMemoryTest {
  /** Has the C library ask the system each time, so that a limit is felt at once. */
  private static final Map<String, String> ASKING =
      Map.of(
          "MALLOC_MMAP_THRESHOLD_", "4096",
          "MALLOC_TOP_PAD_", "0",
          "MALLOC_TRIM_THRESHOLD_", "0",
          "MALLOC_ARENA_MAX", "1");

  /** A JVM that asks for nothing itself: no compiler, a heap that is there. */
  private static final List<String> STILL =
      List.of("-Xint", "-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC");

  @TempDir Path folder;

  @Test
  void withLittleMemoryEachStepSucceedsOrSaysWhatHasNoMemory() throws Exception {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    List<String> said = run("steps", model);
    assertThat(said)
        .contains("done")
        .anyMatch(line -> line.startsWith("NativeLibraryException: no memory for "))
        .allMatch(
            line ->
                line.equals("done") || line.matches("NativeLibraryException: no memory for .+"));
  }

  @Test
  void asManyThreadsComputeAsCanBeStarted() throws Exception {
    Path model = RandomModel.small("llama").write(folder.resolve("model.gguf"));
    assertThat(run("threads", model)).containsExactly("all of them", "fewer", "the same logits");
  }

  @Test
  void aFileThatTheAddressSpaceHasNoRoomForIsNamed() throws Exception {
    Path large = folder.resolve("large.gguf");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(200 << 20); // takes no room on the disk
    }
    assertThat(run("mapping", large))
        .containsExactly(
            large + ": cannot be read: not enough address space to map it (ulimit -v?)");
  }

  private List<String> run(String what, Path model) throws Exception {
    List<String> options = new ArrayList<>(STILL);
    options.add("-XX:ErrorFile=" + folder.resolve("error.log"));
    return ChildJvm.run(ASKING, ShortOfMemoryProbe.class, 60, options, what, model)
        .lines()
        .toList();
  }
}
