package dev.myelin.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Suggestions for mistyped words. */
class ClosestMatchTest {
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
  void findsTypos(String typed, String meant) {
    assertThat(ClosestMatch.find(typed, WORDS)).contains(meant);
  }

  @ParameterizedTest
  @CsvSource({"serve", "x", "''", "--threads"})
  void ignoresOtherWords(String typed) {
    assertThat(ClosestMatch.find(typed, WORDS)).isEmpty();
  }

  @Test
  void computesEditDistance() {
    assertThat(ClosestMatch.distance("", "abc")).isEqualTo(3);
    assertThat(ClosestMatch.distance("abcd", "acbd")).isEqualTo(1);
    assertThat(ClosestMatch.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(ClosestMatch.distance("same", "same")).isZero();
  }
}
