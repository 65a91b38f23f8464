package dev.myelin.natives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.error.NativeLibraryException;
import dev.myelin.graph.NativeKernels;
import dev.myelin.testing.ChildJvm;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the library makes of MYELIN_ISA, which is read once a process. */
class IsaVariableTest {
  /** Prints the kernels in use, or the library's own exception. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] args) {
      try {
        System.out.println(
            "kernels " + Isa.kernels() + " " + NativeKernels.supportedTypes().size());
      } catch (NativeLibraryException e) {
        System.out.println("refused: " + e.getMessage());
      }
    }
  }

  private static String run(String value) throws Exception {
    return ChildJvm.run(Map.of("MYELIN_ISA", value), Probe.class, 60, List.of()).strip();
  }

  static List<String> names() {
    return Isa.names();
  }

  @Test
  void everyCpuSupportsScalarAndNone() {
    assertThat(names()).endsWith("scalar", "none").doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("names")
  void acceptsSupportedName(String name) throws Exception {
    String expected = name.equals("none") ? "kernels  0" : "kernels " + name + " 28";
    assertThat(run(name)).isEqualTo(expected);
    assertThat(run(" " + name.toUpperCase(Locale.ROOT) + "\t")).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  "})
  void emptyValueSelectsBest(String value) throws Exception {
    String best = names().getFirst();
    assertThat(run(value))
        .isEqualTo(best.equals("scalar") ? "kernels  0" : "kernels " + best + " 28");
  }

  @ParameterizedTest
  @ValueSource(strings = {"garbage", "avx", "avx2,scalar", "a\nb"})
  void rejectsUnknownName(String value) throws Exception {
    String shown = value.replace("\n", "\\n");
    assertThat(run(value))
        .isEqualTo(
            "refused: MYELIN_ISA " + shown + ": this CPU supports " + String.join(", ", names()));
  }

  @Test
  void rejectsKernelsOfOtherCpus() throws Exception {
    for (String name : List.of("avx512", "avxvnni", "avx2", "i8mm", "dotprod")) {
      if (!names().contains(name)) {
        assertThat(run(name)).startsWith("refused: MYELIN_ISA " + name + ": this CPU supports ");
      }
    }
  }
}
