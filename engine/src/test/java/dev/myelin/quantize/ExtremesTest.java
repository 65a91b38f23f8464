package dev.myelin.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Values from the smallest to the largest in every type, with importances from none to the most:
 * ggml ends the process where it finds no point of a grid, which nothing may lead to.
 */
class ExtremesTest {
  @Test
  void noValueEndsTheProcess(@TempDir Path folder) throws Exception {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Dmyelin.home=" + System.getProperty("myelin.home", ".."),
            "-cp",
            System.getProperty("java.class.path"),
            ExtremesProbe.class.getName(),
            folder.toString());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(said).isZero();
    System.out.print("extremes: " + said);
    assertThat(said).matches("\\d{3,} written, \\d{2,} refused\n");
  }
}
