package dev.myelin.bindings.loader;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class CpuVariantsTest {
  private static List<String> allowed(String isa, String... variants) {
    return List.of(variants).stream()
        .filter(v -> CpuVariants.allows(isa, Path.of("/ggml/libggml-cpu-" + v + ".so")))
        .toList();
  }

  @Test
  void excludesNewerInstructions() {
    String[] all = {"x64", "haswell", "alderlake", "icelake", "zen4", "sapphirerapids"};
    assertThat(allowed("avx2", all)).containsExactly("x64", "haswell");
    assertThat(allowed("avxvnni", all)).containsExactly("x64", "haswell", "alderlake");
    assertThat(allowed("avx512", all))
        .containsExactly("x64", "haswell", "alderlake", "icelake", "zen4");
    assertThat(allowed("scalar", all)).hasSize(6);
    assertThat(allowed("none", all)).hasSize(6);
    String[] arm = {"armv8.0_1", "armv8.2_2", "armv8.2_3", "armv8.6_1", "apple_m1", "apple_m2_m3"};
    assertThat(allowed("dotprod", arm)).containsExactly("armv8.0_1", "armv8.2_2", "apple_m1");
    assertThat(allowed("i8mm", arm)).hasSize(6);
  }

  @Test
  void understandsFileNames() {
    for (String name :
        List.of(
            "ggml-cpu-haswell.dll", "libggml-cpu-haswell.so.0.25.1", "libggml-cpu-haswell.dylib")) {
      assertThat(CpuVariants.allows("avx2", Path.of(name))).as(name).isTrue();
    }
    assertThat(CpuVariants.allows("avx2", Path.of("libggml-cpu.so"))).isFalse();
    assertThat(CpuVariants.allows("none", Path.of("libggml-cpu.so"))).isTrue();
  }
}
