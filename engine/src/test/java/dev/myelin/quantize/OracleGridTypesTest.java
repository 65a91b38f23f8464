package dev.myelin.quantize;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.KernelAccuracy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
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
  private static KernelAccuracy accuracy;

  @BeforeAll
  static void prepare() {
    comparison = new QuantizeComparison(folder);
    accuracy = new KernelAccuracy(folder);
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
    assumeTrue(KernelAccuracy.types().contains(type), "skipped: no kernel for this type");
    accuracy.assertComparable(type);
  }

  @Test
  void noValueAbortsTheProcess() {
    ExtremeValues.assertEnd(folder, types().toList(), 70, 30);
  }
}
