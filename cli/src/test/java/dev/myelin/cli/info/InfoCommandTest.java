package dev.myelin.cli.info;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.cli.Outcome;
import dev.myelin.cli.info.SystemReport.Cuda;
import dev.myelin.cuda.CudaDevices;
import dev.myelin.natives.Isa;
import dev.myelin.testing.RandomModel;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InfoCommandTest {
  @TempDir static Path folder;

  @Test
  void printsTable() {
    Outcome run = Outcome.of("info");
    assertThat(run.status()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines().map(line -> line.split(" {2,}")[0]))
        .startsWith(
            "version", "bundled model", "java", "system", "memory", "processor", "features", "ggml")
        .contains("cpu library", "cpu variants", "native kernels", "sgemm", "device", "cuda");
    assertThat(run.out())
        .contains(Runtime.version().toString())
        .contains(NativeLibraries.load().cpuLibrary().getFileName().toString())
        .contains(NativeLibraries.load().directory().toString());
  }

  @Test
  void printsJson() throws Exception {
    Outcome run = Outcome.of("info", "--json");
    assertThat(run.status()).isZero();
    JsonNode root = new ObjectMapper().readTree(run.out());
    assertThat(root.get("error").isNull()).isTrue();
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
    assertThat(root.at("/devices/0/type").asText()).isEqualTo("cpu");
    assertThat(root.at("/system/memory_bytes").asLong()).isGreaterThan(1L << 27);
    assertThat(root.get("kernels").isObject()).isTrue();
    assertThat(root.get("sgemm_isa").asText()).isEqualTo(Isa.sgemm());
  }

  @Test
  void textAndJsonAgreeOnCuda() throws Exception {
    JsonNode cuda = new ObjectMapper().readTree(Outcome.of("info", "--json").out()).get("cuda");
    assertThat(cuda.get("library").asText()).contains("myelin-cuda");
    assertThat(cuda.get("unavailable").isNull()).isEqualTo(!cuda.get("devices").isEmpty());
    String line =
        cuda.get("unavailable").isNull()
            ? "0: " + cuda.at("/devices/0/name").asText() + ", compute capability "
            : "none: " + cuda.get("unavailable").asText();
    assertThat(Outcome.of("info").out()).containsPattern("(?m)^cuda +" + Pattern.quote(line));
  }

  @Test
  void printsEveryGpu() {
    Cuda cuda =
        new Cuda(
            Path.of("libmyelin-cuda.so"),
            null,
            List.of(
                new CudaDevices.Device(0, "NVIDIA H100", 90, 132, 84_000_000_000L, 85_000_000_000L),
                new CudaDevices.Device(1, "Tesla T4", 75, 40, 15_000_000_000L, 16_000_000_000L)));
    assertThat(InfoCommand.cuda(cuda))
        .containsExactly(
            "0: NVIDIA H100, compute capability 9.0, 132 multiprocessors, 85.0 GB, 84.0 GB free",
            "1: Tesla T4, compute capability 7.5 (not supported: 8.0 or newer is required),"
                + " 40 multiprocessors, 16.0 GB, 15.0 GB free");
    JsonNode json = InfoJson.cuda(cuda);
    assertThat(json.get("unavailable").isNull()).isTrue();
    assertThat(json.at("/devices/0/compute_capability").asText()).isEqualTo("9.0");
    assertThat(json.at("/devices/0/supported").asBoolean()).isTrue();
    assertThat(json.at("/devices/1/supported").asBoolean()).isFalse();
    assertThat(json.at("/devices/1/total_bytes").asLong()).isEqualTo(16_000_000_000L);
  }

  @Test
  void rejectsWrongUsage() {
    Outcome run = Outcome.of("info", "--now");
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).hasLineCount(1).contains("--now");
  }

  @Test
  void showsHowAModelIsComputed() throws Exception {
    Path file = RandomModel.small("qwen3").write(folder.resolve("small.gguf"));
    Outcome run = Outcome.of("info", "-m", file.toString());
    assertThat(run.status()).isZero();
    assertThat(run.out())
        .contains("architecture     qwen3, 3 layers, width 256")
        .contains("outputs          logits, hidden states")
        .contains("states           3 caches of 2 heads of 32")
        .contains("batch invariant  ");
    JsonNode json =
        new ObjectMapper().readTree(Outcome.of("info", "--json", file.toString()).out());
    assertThat(json.at("/model/architecture").asText()).isEqualTo("qwen3");
    assertThat(json.at("/model/outputs/0").asText()).isEqualTo("logits");
  }

  @Test
  void namesAMissingModel() {
    Outcome run = Outcome.of("info", "no.gguf");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).hasLineCount(1).contains("no.gguf");
  }
}
