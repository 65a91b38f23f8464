package dev.myelin.quantize;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link ExtremeValues} of all types but those of {@link OracleGridTypesTest}. */
class ExtremeValuesTest {
  @Test
  void noValueAbortsTheProcess(@TempDir Path folder) {
    ExtremeValues.assertEnd(
        folder, TargetTypes.all().stream().filter(t -> !t.isGrid()).toList(), 300, 30);
  }
}
