package dev.myelin.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Guesses at mistyped words. */
class NearestTest {
  private static final List<String> WORDS = List.of("run", "chat", "tokenize", "--temp", "-t");

  @ParameterizedTest
  @CsvSource({
    "rnu, run",
    "runn, run",
    "caht, chat",
    "tokenise, tokenize",
    "--tempp=3, --temp",
    "--tmp, --temp"
  })
  void slipsAreRecognised(String typed, String meant) {
    assertThat(Nearest.to(typed, WORDS)).contains(meant);
  }

  @ParameterizedTest
  @CsvSource({"serve", "x", "''", "--threads"})
  void otherWordsAreNot(String typed) {
    assertThat(Nearest.to(typed, WORDS)).isEmpty();
  }

  @Test
  void distanceCountsMistakes() {
    assertThat(Nearest.distance("", "abc")).isEqualTo(3);
    assertThat(Nearest.distance("abcd", "acbd")).isEqualTo(1);
    assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Nearest.distance("same", "same")).isZero();
  }
}
