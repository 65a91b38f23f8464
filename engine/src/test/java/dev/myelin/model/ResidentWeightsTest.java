package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResidentWeightsTest {
  private static final long MB = 1 << 20;

  @TempDir private Path root;

  private ResidentWeights weights(String meminfo, String groups) throws IOException {
    Files.createDirectories(root.resolve("proc/self"));
    Files.writeString(root.resolve("proc/meminfo"), meminfo);
    Files.writeString(root.resolve("proc/self/cgroup"), groups);
    return new ResidentWeights(root.resolve("proc"), root.resolve("cgroup"));
  }

  private void limit(String file, String text) throws IOException {
    Path path = root.resolve("cgroup").resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text + "\n");
  }

  private static String available(long bytes) {
    return "MemTotal: 9999999 kB\nMemAvailable:    " + bytes / 1024 + " kB\n";
  }

  @Test
  void weightsThatFitAreNotLimited() throws IOException {
    ResidentWeights weights = weights(available(1000 * MB), "");
    assertThat(weights.limitOf(900 * MB)).isEmpty();
    assertThat(weights.limitOf(901 * MB)).hasValue(622 * MB);
    assertThat(weights.limitOf(9000 * MB)).hasValue(622 * MB);
    assertThat(weights("", "").limitOf(Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void controlGroupsLimitMemory() throws IOException {
    limit("a/memory.max", Long.toString(400 * MB));
    limit("a/b/memory.max", "max");
    assertThat(weights(available(1000 * MB), "0::/a/b\n").limitOf(800 * MB)).hasValue(172 * MB);
    limit("memory/c/memory.limit_in_bytes", Long.toString(200 * MB));
    assertThat(weights(available(1000 * MB), "3:cpu,memory:/c\n0::/x\n").limitOf(800 * MB))
        .hasValue(22 * MB);
    assertThat(weights(available(1000 * MB), "0::/../../etc\n").limitOf(800 * MB)).isEmpty();
  }

  @Test
  void readsSetting() {
    assertThat(ResidentWeights.limit("all")).isEmpty();
    assertThat(ResidentWeights.limit("20")).hasValue(20_000_000);
    assertThat(ResidentWeights.limit("0")).hasValue(0);
    assertThatThrownBy(() -> ResidentWeights.limit("-1"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("MYELIN_RESIDENT_MB -1: expected megabytes, or all");
  }
}
