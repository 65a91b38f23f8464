package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The threads of computation, as top and gdb show them. */
class ComputeThreadsTest {
  private static final Path TASKS = Path.of("/proc/self/task");

  @Test
  void workersAreNamedAndTheCallerKeepsItsName() throws Exception {
    assumeTrue(Files.isDirectory(TASKS), "skipped: no /proc/self/task, names are Linux's");
    List<String> before = names();
    try (Backend backend = Backend.cpu(3)) {
      assumeTrue(backend.threads() == 3, "skipped: the system starts fewer threads");
      List<String> started = names();
      long workers = workers(started);
      assertThat(workers).isGreaterThanOrEqualTo(2);
      before.removeIf("myelin-compute"::equals);
      assertThat(started).containsAll(before);
      try (Backend second = Backend.cpu(3)) {
        assertThat(second.threads()).isEqualTo(3);
        assertThat(workers(names())).as("all backends share them").isEqualTo(workers);
      }
    }
  }

  private static long workers(List<String> names) {
    return names.stream().filter("myelin-compute"::equals).count();
  }

  private static List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    try (Stream<Path> tasks = Files.list(TASKS)) {
      tasks.forEach(task -> read(task.resolve("comm")).ifPresent(names::add));
    }
    return names;
  }

  /** The name of a thread; empty if it has ended. */
  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
