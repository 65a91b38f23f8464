package dev.myelin.model;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.KernelAccuracy;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link KernelAccuracy} of all types but those of {@code OracleGridTypesTest}. */
class OracleAccuracyTest {
  private static KernelAccuracy accuracy;

  @BeforeAll
  static void prepare(@TempDir Path folder) {
    assumeFalse(KernelAccuracy.types().isEmpty(), "skipped: no native kernels for this machine");
    accuracy = new KernelAccuracy(folder);
  }

  static Stream<GgmlType> types() {
    return KernelAccuracy.types().stream().filter(t -> !t.isGrid());
  }

  @ParameterizedTest
  @MethodSource("types")
  void errorIsComparableToLibllamas(GgmlType type) {
    accuracy.assertComparable(type);
  }
}
