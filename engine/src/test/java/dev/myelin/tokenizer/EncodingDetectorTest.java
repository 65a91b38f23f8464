package dev.myelin.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EncodingDetectorTest {
  private static String detect(byte[] bytes) {
    return EncodingDetector.detectNonUtf8(bytes, bytes.length).orElse("UTF-8");
  }

  @ParameterizedTest
  @CsvSource({
    "UTF-16, UTF-16", // Java adds a second mark
    "UTF-16LE, UTF-16",
    "UTF-16BE, UTF-16",
    "UTF-32LE, UTF-32",
    "UTF-32BE, UTF-32",
    "UTF-8, UTF-8"
  })
  void detectsOtherEncodingsByMark(String charset, String expected) {
    Charset encoding = Charset.forName(charset);
    assertThat(detect("\ufeffOnce upon a time".getBytes(encoding))).isEqualTo(expected);
  }

  @Test
  void detectsUtf16ByZeroBytes() {
    assertThat(detect("Once".getBytes(StandardCharsets.UTF_16LE))).isEqualTo("UTF-16");
    assertThat(detect("Once".getBytes(StandardCharsets.UTF_16BE))).isEqualTo("UTF-16");
    assertThat(detect("ab".getBytes(StandardCharsets.UTF_16BE))).isEqualTo("UTF-8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "Once upon a time", "ab\0cd\0ef", "\0\0\0\0\0\0\0", "日本語"})
  void acceptsUtf8(String text) {
    assertThat(detect(text.getBytes(StandardCharsets.UTF_8))).isEqualTo("UTF-8");
  }

  @Test
  void findsUtf8Mark() {
    byte[] marked = "\ufeffa".getBytes(StandardCharsets.UTF_8);
    assertThat(EncodingDetector.byteOrderMarkLength(marked, marked.length)).isEqualTo(3);
    assertThat(EncodingDetector.byteOrderMarkLength(marked, 2)).isZero();
    assertThat(EncodingDetector.byteOrderMarkLength(new byte[] {'a'}, 1)).isZero();
  }
}
