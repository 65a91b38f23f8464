package dev.myelin.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.InvalidRequestException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Regular expressions of users: results and bounded time. */
class NamePatternTest {
  private static final String LONG_NAME =
      "blk.11.attn_output_norm_of_a_rather_long_name_of_63_byt.weight";

  @Test
  void findsPatternAnywhere() {
    assertThat(NamePattern.of("attn_[qkv]").isFoundIn("blk.0.attn_k.weight")).isTrue();
    assertThat(NamePattern.of("^attn").isFoundIn("blk.0.attn_k.weight")).isFalse();
    assertThat(NamePattern.of(".*blk.*attn.*(q|k).*weight$").isFoundIn("blk.0.attn_k.weight"))
        .isTrue();
    assertThat(NamePattern.of(".*.*blk.*.*(gate|up).*y").isFoundIn(LONG_NAME)).isFalse();
    assertThat(NamePattern.of("blk\\.(\\d+)\\.(?!ffn).*").text()).startsWith("blk");
  }

  @Test
  void rejectsPatternThatTakesTooLong() {
    NamePattern pattern = NamePattern.of("(.*.*.*)*x$");
    assertThatThrownBy(() -> pattern.isFoundIn(LONG_NAME))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessage("takes too long on " + LONG_NAME + ": expected fewer nested repetitions");
  }

  /** Java's matcher caches some failures: these patterns may also end without a match. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "(.*a)*(.*b)*(.*c)*(.*d)*y$",
        "(\\w+|\\W+)+!",
        "(([a-z]|_|\\.)+)+$!",
        "(.?){40}.{60}!",
        "(.*)(.*)(.*)(.*)(.*)(.*)(.*)\\1\\2\\3\\4!",
        "((a|b|_|l|k|.)*)*\\1!"
      })
  @Timeout(value = 5, unit = TimeUnit.SECONDS, threadMode = ThreadMode.SEPARATE_THREAD)
  void boundsMatchingTime(String text) {
    try {
      assertThat(NamePattern.of(text).isFoundIn(LONG_NAME)).isFalse();
    } catch (InvalidRequestException e) {
      assertThat(e).hasMessageStartingWith("takes too long on ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[", "a{2,1}", "*"})
  void rejectsInvalidPattern(String text) {
    assertThatThrownBy(() -> NamePattern.of(text))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageMatching(".+ at \\d+");
    assertThatThrownBy(() -> NamePattern.of("(".repeat(2000)))
        .hasMessage("2000 characters: expected at most 1000");
  }
}
