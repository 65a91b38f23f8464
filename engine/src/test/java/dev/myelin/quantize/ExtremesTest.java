package dev.myelin.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.testing.OwnJvm;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Values from the smallest to the largest in every type, with importances from none to the most:
 * ggml ends the process where it finds no point of a grid, which nothing may lead to.
 */
class ExtremesTest {
  @Test
  void noValueEndsTheProcess(@TempDir Path folder) throws Exception {
    String said = OwnJvm.run(ExtremesProbe.class, 120, List.of(), folder);
    System.out.print("extremes: " + said);
    assertThat(said).matches("\\d{3,} written, \\d{2,} refused\n");
  }
}
