package dev.myelin.cli.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0                    | 0                          | 0",
        "7                    | 7                          | 7",
        "999                  | 999                        | 999",
        "1000                 | 1,000                      | 1.00 k",
        "9994                 | 9,994                      | 9.99 k",
        "9996                 | 9,996                      | 10.0 k",
        "99949                | 99,949                     | 99.9 k",
        "99951                | 99,951                     | 100 k",
        "999499               | 999,499                    | 999 k",
        "999500               | 999,500                    | 1.00 M",
        "1235814432           | 1,235,814,432              | 1.24 G",
        "-1                   | -1                         | -1",
        "-123456              | -123,456                   | -123 k",
        "9223372036854775807  | 9,223,372,036,854,775,807  | 9.22 E",
        "-9223372036854775808 | -9,223,372,036,854,775,808 | -9.22 E",
      })
  void formatsNumbers(long number, String exact, String rounded) {
    assertThat(Units.grouped(number)).isEqualTo(exact);
    assertThat(Units.abbreviated(number)).isEqualTo(rounded);
  }

  @ParameterizedTest
  @CsvSource({"12, 12 bytes", "1200, 1.20 kB", "770000000, 770 MB"})
  void formatsBytes(long number, String text) {
    assertThat(Units.bytes(number)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"1, 3, 33.3 %", "0, 0, 0.0 %", "5, 5, 100.0 %"})
  void formatsPercent(long part, long whole, String text) {
    assertThat(Units.percent(part, whole)).isEqualTo(text);
  }
}
