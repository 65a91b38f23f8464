package dev.myelin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.bindings.NativeLibraries;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class InfoCommandTest {
  @Test
  void theTable() {
    Outcome run = Outcome.of("info");
    assertThat(run.status()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines().map(line -> line.split(" {2,}")[0]))
        .startsWith(
            "version", "bundled", "java", "system", "memory", "processor", "features", "ggml")
        .contains("cpu library", "scores", "own kernels", "training", "device");
    assertThat(run.out())
        .contains(Runtime.version().toString())
        .contains(NativeLibraries.load().cpuLibrary().getFileName().toString())
        .contains(NativeLibraries.load().directory().toString());
  }

  @Test
  void json() throws Exception {
    Outcome run = Outcome.of("info", "--json");
    assertThat(run.status()).isZero();
    JsonNode root = new ObjectMapper().readTree(run.out());
    assertThat(root.get("problem").isNull()).isTrue();
    assertThat(root.at("/ggml/version").asText()).isEqualTo(NativeLibraries.load().version());
    String chosen = root.at("/ggml/cpu_library").asText();
    assertThat(Path.of(chosen)).exists();
    int best = 0;
    int score = -1;
    for (JsonNode library : root.at("/ggml/cpu_libraries")) {
      best = Math.max(best, library.get("score").asInt());
      score = library.get("file").asText().equals(chosen) ? library.get("score").asInt() : score;
    }
    assertThat(score).isEqualTo(best).isPositive();
    assertThat(root.at("/cpu/physical_cores").asInt())
        .isBetween(1, root.at("/cpu/logical_cores").asInt());
    assertThat(root.at("/cpu/features").isArray()).isTrue();
    assertThat(root.at("/devices/0/kind").asText()).isEqualTo("cpu");
    assertThat(root.at("/system/memory_bytes").asLong()).isGreaterThan(1L << 27);
    assertThat(root.get("kernels").isObject()).isTrue();
    assertThat(root.get("products").asText()).isEqualTo(KernelsLibrary.products());
  }

  @Test
  void wrongUsage() {
    Outcome run = Outcome.of("info", "now");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).hasLineCount(1).contains("now");
  }
}
