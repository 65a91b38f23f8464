package dev.myelin.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {
  @ParameterizedTest
  @CsvSource({
    "1.76T, 1760000000000",
    "7b, 7000000000",
    "7 B, 7000000000",
    "350M, 350000000",
    "0.5G, 500000000",
    "1.5k, 1500",
    "' 124439808 ', 124439808",
    "1, 1",
    "1000000T, 1000000000000000000"
  })
  void parsesParameters(String text, long expected) {
    assertThat(Quantities.parseParameters(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "B",
        "-7B",
        "0",
        "0.0M",
        "7BB",
        "8x7B",
        "1e9",
        "1,000",
        "1.5",
        "0.0000000001B",
        "7 B B",
        "1000001T",
        "99999999999999999999",
        "NaN",
        "7.B",
        ".5B",
        "7MB"
      })
  void rejectsInvalidParameters(String text) {
    assertThatThrownBy(() -> Quantities.parseParameters(text))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("parameters = " + text + ": expected a number such as 350M, 7B or 1.76T");
  }

  @ParameterizedTest
  @CsvSource({
    "50GB, 50000000000",
    "50GB/s, 50000000000",
    "800 mb/s, 800000000",
    "12.5G, 12500000000",
    "1tb, 1000000000000",
    "1000, 1000",
    "1000B/s, 1000"
  })
  void parsesBandwidth(String text, long expected) {
    assertThat(Quantities.parseBytesPerSecond(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "fast", "-1GB", "0", "50GB/h", "50GiB", "50GB/"})
  void rejectsInvalidBandwidth(String text) {
    assertThatThrownBy(() -> Quantities.parseBytesPerSecond(text))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("bytes per second");
  }

  @ParameterizedTest
  @CsvSource({
    "512M, 536870912",
    "2G, 2147483648",
    "2gb, 2147483648",
    "1GiB, 1073741824",
    "64k, 65536",
    "100, 100"
  })
  void parsesMemory(String text, long expected) {
    assertThat(Quantities.parseMemory("memory", text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1M", "1.5G", "512 M", "2GB/s", "999999999999T", "much"})
  void rejectsInvalidMemory(String text) {
    assertThatThrownBy(() -> Quantities.parseMemory("memory", text))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("memory = " + text + ": expected a size such as 512M or 2G, in units of 1024");
  }
}
