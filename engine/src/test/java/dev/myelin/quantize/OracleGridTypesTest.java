package dev.myelin.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.KernelAccuracy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The tests that quantise to {@link GgmlType#isGrid() grid types}, in one class and so in one
 * process: ggml builds the tables of these types once a process, which takes up to 16 s a type.
 */
class OracleGridTypesTest {
  @TempDir static Path folder;

  private static QuantizeComparison comparison;

  @BeforeAll
  static void prepare() {
    comparison = new QuantizeComparison(folder);
  }

  static Stream<GgmlType> types() {
    return TargetTypes.all().stream().filter(GgmlType::isGrid);
  }

  @ParameterizedTest
  @MethodSource("types")
  void pureTypesMatchLlamaCpp(GgmlType type) throws IOException {
    comparison.comparePure(type);
  }

  static Stream<Mix> mixes() {
    return Mixes.all().stream().filter(m -> m.base().isGrid());
  }

  @ParameterizedTest
  @MethodSource("mixes")
  void mixesMatchLlamaCpp(Mix mix) throws IOException {
    comparison.compareMix(mix);
  }

  @ParameterizedTest
  @MethodSource("types")
  void errorIsComparableToLibllamas(GgmlType type) {
    KernelAccuracy accuracy = new KernelAccuracy(folder);
    assumeTrue(KernelAccuracy.types().contains(type), "skipped: no kernel for this type");
    accuracy.assertComparable(type);
  }

  @ParameterizedTest
  @MethodSource("types")
  void noValueAbortsTheProcess(GgmlType type) {
    int written = ExtremeValues.written(folder, type);
    System.out.println("extreme values: " + type.ggmlName() + " " + written);
    assertThat(written).isPositive();
  }
}
