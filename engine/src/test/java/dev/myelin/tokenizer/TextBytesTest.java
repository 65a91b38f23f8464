package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextBytesTest {
  private static String other(byte[] bytes) {
    return TextBytes.otherEncoding(bytes, bytes.length).orElse("UTF-8");
  }

  @ParameterizedTest
  @CsvSource({
    "UTF-16, UTF-16", // Java writes a mark with this one
    "UTF-16LE, UTF-16",
    "UTF-16BE, UTF-16",
    "UTF-32LE, UTF-32",
    "UTF-32BE, UTF-32",
    "UTF-8, UTF-8"
  })
  void otherEncodingsAreTold(String charset, String told) {
    Charset in = Charset.forName(charset);
    assertThat(other("\ufeffOnce upon a time".getBytes(in))).isEqualTo(told);
  }

  @Test
  void utf16WithoutAMarkIsToldByItsZeroes() {
    assertThat(other("Once".getBytes(StandardCharsets.UTF_16LE))).isEqualTo("UTF-16");
    assertThat(other("Once".getBytes(StandardCharsets.UTF_16BE))).isEqualTo("UTF-16");
    assertThat(other("ab".getBytes(StandardCharsets.UTF_16BE))).isEqualTo("UTF-8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "Once upon a time", "ab\0cd\0ef", "\0\0\0\0\0\0\0", "日本語"})
  void utf8IsNotTakenForOthers(String text) {
    assertThat(other(text.getBytes(StandardCharsets.UTF_8))).isEqualTo("UTF-8");
  }

  @Test
  void theMarkIsThreeBytes() {
    byte[] marked = "\ufeffa".getBytes(StandardCharsets.UTF_8);
    assertThat(TextBytes.mark(marked, marked.length)).isEqualTo(3);
    assertThat(TextBytes.mark(marked, 2)).isZero();
    assertThat(TextBytes.mark(new byte[] {'a'}, 1)).isZero();
  }
}
