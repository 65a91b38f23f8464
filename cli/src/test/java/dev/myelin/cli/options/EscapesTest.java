package dev.myelin.cli.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EscapesTest {
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "plain, plain",
        "a\\\\nb, a\\nb", // an escaped backslash, then a letter
        "\\'\\\"\\\\, '\"\\",
        "\\q\\, \\q\\", // none of these
        "\\x4, \\x4",
        "\\x41\\x4g, A\\x4g",
        "\\xc3\\xa4ä, ää",
        "日\\\\本, 日\\本",
      })
  void whatTheyStandFor(String text, String expected) {
    assertThat(Escapes.of(text)).isEqualTo(expected);
  }

  @Test
  void linesAndTabs() {
    assertThat(Escapes.of("a\\nb\\tc\\rd\\n")).isEqualTo("a\nb\tc\rd\n");
    assertThat(Escapes.of("")).isEmpty();
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    assertThatThrownBy(() -> Escapes.of("a\\xff"))
        .hasMessage("--escape: byte 0xff at 1: expected UTF-8");
  }
}
