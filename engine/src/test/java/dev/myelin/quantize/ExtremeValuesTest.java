package dev.myelin.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgmlType;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link ExtremeValues} of all types but those of {@link OracleGridTypesTest}. */
class ExtremeValuesTest {
  static Stream<GgmlType> types() {
    return TargetTypes.all().stream().filter(t -> !t.isGrid());
  }

  @ParameterizedTest
  @MethodSource("types")
  void noValueAbortsTheProcess(GgmlType type, @TempDir Path folder) {
    int written = ExtremeValues.written(folder, type);
    System.out.println("extreme values: " + type.ggmlName() + " " + written);
    assertThat(written).isPositive();
  }
}
