package dev.myelin.state;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The positions that a token sees, of a sequence of 20 whose later tokens it sees too. */
class WindowTest {
  @ParameterizedTest
  @CsvSource({
    "NONE, 0, 19, 0, 20",
    "SLIDING, 8, 3, 0, 20",
    "SLIDING, 8, 7, 0, 20",
    "SLIDING, 8, 8, 1, 20",
    "CHUNKED, 8, 7, 0, 20",
    "CHUNKED, 8, 8, 8, 20",
    "CHUNKED, 8, 17, 16, 20",
    "SYMMETRIC, 8, 3, 0, 8",
    "SYMMETRIC, 8, 9, 5, 14",
    "SYMMETRIC, 8, 18, 14, 20",
  })
  void seesPositions(Window.Kind kind, int size, int position, int begin, int end) {
    Window window = new Window(kind, size);
    assertThat(window.begin(position)).isEqualTo(begin);
    assertThat(window.end(position, 20)).isEqualTo(end);
  }
}
