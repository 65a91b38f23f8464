package dev.myelin.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.Platform;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.graph.Ggml;
import dev.myelin.testing.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The instruction set of a request, which is made once a process. */
class IsaRequestTest {
  /** Makes each request; then prints the kernels and the CPU library in use. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] names) {
      for (String name : names) {
        try {
          Isa.request(name);
          System.out.println(name + ": accepted");
        } catch (MyelinException e) {
          System.out.println(e.getMessage());
        }
      }
      try {
        System.out.println("kernels " + Isa.kernels());
        System.out.println(Ggml.require().cpuLibrary().getFileName());
      } catch (MyelinException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private static List<String> run(Map<String, String> environment, Object... names)
      throws Exception {
    return ChildJvm.run(environment, Probe.class, 60, List.of(), names).lines().toList();
  }

  static List<String> names() {
    return Isa.names();
  }

  @ParameterizedTest
  @MethodSource("names")
  void precedesTheVariableAndCountsOnce(String name) throws Exception {
    String other = name.equals("none") ? "scalar" : "none";
    List<String> lines = run(Map.of("MYELIN_ISA", "garbage"), " " + name.toUpperCase(), other);
    assertThat(lines).hasSize(4).contains(" " + name.toUpperCase() + ": accepted");
    assertThat(lines.get(1))
        .isEqualTo("isa " + other + ": libmyelin: another instruction set was chosen before");
    assertThat(lines.get(2)).isEqualTo(name.equals("none") ? "kernels " : "kernels " + name);
  }

  @Test
  void choosesTheCpuLibrary() throws Exception {
    assumeTrue(names().contains("avx2"), "skipped: no AVX2");
    assumeTrue(candidates().stream().anyMatch(f -> f.contains("haswell")), "skipped: no variants");
    assertThat(run(Map.of(), "avx2")).last().asString().contains("ggml-cpu-haswell.");
    String best = Ggml.require().cpuLibrary().getFileName().toString();
    assertThat(run(Map.of(), "none")).last().isEqualTo(best);
    assertThat(run(Map.of())).last().isEqualTo(best);
  }

  @Test
  void unknownNamesChangeNothing() throws Exception {
    String supported = ": this CPU supports " + String.join(", ", names());
    assertThatThrownBy(() -> Isa.request("avx1024"))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("isa avx1024" + supported);
    assertThat(run(Map.of(), "", "avx2,none", "none"))
        .startsWith("isa " + supported, "isa avx2,none" + supported, "none: accepted", "kernels ");
  }

  @Test
  void isTooLateOnceLoaded() {
    Natives.load();
    assertThatThrownBy(() -> Isa.request("none"))
        .hasMessage("isa none: the libraries are already loaded");
  }

  @Test
  void namesFolderWithoutAFittingLibrary(@TempDir Path folder) throws Exception {
    assumeTrue(names().contains("avx2"), "skipped: no AVX2");
    assumeTrue(!Platform.current().ggmlName().startsWith("win"), "skipped: symbolic links");
    String best = Ggml.require().cpuLibrary().getFileName().toString();
    assumeTrue(!best.contains("haswell"), "skipped: the best library is AVX2's");
    List<Path> links = new ArrayList<>();
    try (Stream<Path> files = Files.list(Ggml.require().directory())) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.equals(best) || name.contains("ggml") && !name.contains("ggml-cpu")) {
          links.add(Files.createSymbolicLink(folder.resolve(name), file));
        }
      }
      assertThat(run(Map.of("GGML_HOME", folder.toString()), "avx2"))
          .last()
          .isEqualTo("isa avx2: no CPU library in " + folder + " is for it");
    } finally {
      for (Path link : links) {
        Files.delete(link); // JUnit warns of links
      }
    }
  }

  private static List<String> candidates() {
    List<String> names = new ArrayList<>();
    Ggml.require().candidates().forEach(c -> names.add(c.file().getFileName().toString()));
    return names;
  }
}
