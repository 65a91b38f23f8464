package dev.myelin.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.myelin.error.InvalidRequestException;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SamplingOptionsTest {
  @Test
  void defaultsMatchLlamaCpp() {
    SamplingOptions defaults = SamplingOptions.defaults();
    assertThat(defaults.temperature()).isEqualTo(0.8f);
    assertThat(defaults.topK()).isEqualTo(40);
    assertThat(defaults.topP()).isEqualTo(0.95f);
    assertThat(defaults.minP()).isEqualTo(0.05f);
    assertThat(defaults.typicalP()).isEqualTo(1f);
    assertThat(defaults.topNSigma()).isZero();
    assertThat(defaults.repeatPenalty()).isEqualTo(1f);
    assertThat(defaults.repeatLastN()).isEqualTo(64);
    assertThat(defaults.frequencyPenalty()).isZero();
    assertThat(defaults.presencePenalty()).isZero();
    assertThat(defaults.seed()).isEqualTo(SamplingOptions.RANDOM_SEED);
    assertThat(defaults.hasPenalties()).isFalse();
    assertThat(defaults.isGreedy()).isFalse();
    assertThat(SamplingOptions.greedy().isGreedy()).isTrue();
  }

  @Test
  void withMethodsChangeOneOption() {
    SamplingOptions changed =
        SamplingOptions.defaults()
            .withTemperature(0.1f)
            .withTopK(2)
            .withTypicalP(0.3f)
            .withTopP(0.4f)
            .withMinP(0.5f)
            .withTopNSigma(0.6f)
            .withRepeatPenalty(0.7f)
            .withRepeatLastN(8)
            .withFrequencyPenalty(0.9f)
            .withPresencePenalty(1f)
            .withSeed(11);
    assertThat(changed)
        .isEqualTo(new SamplingOptions(0.1f, 2, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 8, 0.9f, 1f, 11));
  }

  static Stream<Arguments> outOfRange() {
    return Stream.of(
        invalid(o -> o.withTemperature(-0.1f), "temperature = -0.1: expected 0 or more"),
        invalid(o -> o.withTemperature(Float.NaN), "temperature = NaN: expected 0 or more"),
        invalid(
            o -> o.withTemperature(Float.POSITIVE_INFINITY),
            "temperature = Infinity: expected 0 or more"),
        invalid(o -> o.withTopK(-1), "top-k = -1: expected 0 (off) or more"),
        invalid(o -> o.withTypicalP(0), "typical-p = 0.0: expected above 0 and at most 1 (off)"),
        invalid(o -> o.withTopP(1.5f), "top-p = 1.5: expected 0 to 1 (off)"),
        invalid(o -> o.withTopP(Float.NaN), "top-p = NaN: expected 0 to 1 (off)"),
        invalid(o -> o.withMinP(-1), "min-p = -1.0: expected 0 (off) to 1"),
        invalid(o -> o.withTopNSigma(-1), "top-n-sigma = -1.0: expected 0 (off) or more"),
        invalid(o -> o.withRepeatPenalty(0), "repeat-penalty = 0.0: expected above 0"),
        invalid(o -> o.withRepeatLastN(-2), "repeat-last-n = -2: expected -1 (all) to 1048576"),
        invalid(
            o -> o.withRepeatLastN(1 << 21),
            "repeat-last-n = 2097152: expected -1 (all) to 1048576"),
        invalid(
            o -> o.withFrequencyPenalty(Float.NaN),
            "frequency-penalty = NaN: expected a finite number"),
        invalid(
            o -> o.withPresencePenalty(Float.NEGATIVE_INFINITY),
            "presence-penalty = -Infinity: expected a finite number"),
        invalid(o -> o.withSeed(-2), "seed = -2: expected 0 or more, or -1 for a random one"));
  }

  private static Arguments invalid(UnaryOperator<SamplingOptions> change, String message) {
    return Arguments.of(change, message);
  }

  @ParameterizedTest
  @MethodSource("outOfRange")
  void rejectsValuesOutOfRange(UnaryOperator<SamplingOptions> change, String message) {
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> change.apply(SamplingOptions.defaults()))
        .withMessage(message);
  }
}
