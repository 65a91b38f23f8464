package dev.myelin.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileTypeTest {
  private static final Path NAME = Path.of("model.gguf");

  private static String label(Object number) {
    GgufWriter writer = new GgufWriter().put("general.architecture", "llama");
    if (number != null) {
      writer.put("general.file_type", number);
    }
    try (GgufFile file = GgufFile.of(NAME, writer.toBytes())) {
      return Inspection.of(file).fileType().label();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, F32",
    "1, F16",
    "15, Q4_K_M",
    "7, Q8_0",
    "30, IQ4_XS",
    "32, BF16",
    "38, MXFP4_MOE"
  })
  void readsFileType(int number, String name) {
    assertThat(label(number)).isEqualTo(name);
    assertThat(label((long) number)).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({"4", "33", "1024", "2147483647"})
  void ignoresUnknownFileType(int number) {
    assertThat(label(number)).isEqualTo("(guessed) EMPTY");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {"none", "Q4_K_M"})
  void guessesWithoutFileType(String text) {
    assertThat(label(text)).isEqualTo("(guessed) EMPTY");
  }
}
