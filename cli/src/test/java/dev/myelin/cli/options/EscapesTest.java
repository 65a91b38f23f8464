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
  void decodesEscapes(String text, String expected) {
    assertThat(Escapes.decode(text)).isEqualTo(expected);
  }

  @Test
  void decodesLinesAndTabs() {
    assertThat(Escapes.decode("a\\nb\\tc\\rd\\n")).isEqualTo("a\nb\tc\rd\n");
    assertThat(Escapes.decode("")).isEmpty();
  }

  @Test
  void rejectsInvalidUtf8() {
    assertThatThrownBy(() -> Escapes.decode("a\\xff"))
        .hasMessage("--escape: byte 0xff at 1: expected UTF-8");
  }
}
