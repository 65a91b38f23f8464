package dev.myelin.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
  private static final float INF = Float.POSITIVE_INFINITY;

  @Test
  void greedyTakesHighestLogitAndLowestIdOfTies() {
    assertThat(sample(SamplingOptions.greedy(), -3, 2, 7, 7, 1)).isEqualTo(2);
    assertThat(sample(SamplingOptions.greedy(), 0, -0f, 0)).isEqualTo(0);
    assertThat(sample(SamplingOptions.greedy(), -INF, -INF, -1e30f)).isEqualTo(2);
  }

  @Test
  void greedyAppliesPenalties() {
    SamplingOptions options = SamplingOptions.greedy().withPresencePenalty(2);
    Sampler sampler = new Sampler(options, 3);
    MemorySegment logits = TestLogits.of(1, 5, 4);
    assertThat(sampler.sample(logits)).isEqualTo(1);
    sampler.accept(1);
    assertThat(sampler.sample(logits)).isEqualTo(2);
    sampler.reset();
    assertThat(sampler.sample(logits)).isEqualTo(1);
  }

  /** Expected: the softmax of the logits divided by the temperature. */
  @ParameterizedTest
  @ValueSource(floats = {0.5f, 1f, 2f})
  void drawsInProportionToProbabilities(float temperature) {
    float[] logits = {1.2f, -0.4f, 0f, 2f, 0.9f, -INF, 1.9f};
    double[] weights = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Math.exp(logits[i] / temperature);
    }
    assertDistribution(TestLogits.neutral().withTemperature(temperature), logits, weights);
  }

  @Test
  void drawsOnlyKeptTokens() {
    float[] logits = {3, 1, 2.5f, -1, 0};
    double[] weights = {Math.exp(3), 0, Math.exp(2.5), 0, 0};
    assertDistribution(TestLogits.neutral().withTopK(2), logits, weights);
    assertDistribution(TestLogits.neutral().withMinP(0.5f), logits, weights);
    assertDistribution(TestLogits.neutral().withTopP(0.7f), logits, weights);
  }

  /** Pearson's chi-squared test over 40,000 draws with a fixed seed, 99.9th percentile. */
  private static void assertDistribution(
      SamplingOptions options, float[] logits, double[] weights) {
    int draws = 40_000;
    int[] counts = new int[logits.length];
    Sampler sampler = new Sampler(options.withSeed(123), logits.length);
    MemorySegment segment = TestLogits.of(logits);
    for (int i = 0; i < draws; i++) {
      counts[sampler.sample(segment)]++;
    }
    double sum = Arrays.stream(weights).sum();
    double chiSquare = 0;
    for (int i = 0; i < logits.length; i++) {
      double expected = draws * weights[i] / sum;
      if (weights[i] == 0) {
        assertThat(counts[i]).isZero();
      } else {
        chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
      }
    }
    assertThat(chiSquare).isLessThan(22.5); // 6 degrees of freedom or fewer
  }

  @Test
  void extremeOptionsKeepArgmaxOrAllTokens() {
    float[] logits = {1, 9, 3, 9};
    assertThat(sample(TestLogits.neutral().withTemperature(1e-30f), 1, 9, 3)).isEqualTo(1);
    assertThat(TestLogits.keptIds(TestLogits.neutral().withTopP(0), logits)).containsExactly(1);
    assertThat(TestLogits.keptIds(TestLogits.neutral().withMinP(1), logits)).containsExactly(1, 3);
    assertThat(TestLogits.keptIds(TestLogits.neutral().withTopK(1), logits)).containsExactly(1);
    assertThat(TestLogits.keptIds(TestLogits.neutral().withTopK(99), logits))
        .containsExactly(0, 1, 2, 3);
    assertThat(TestLogits.keptIds(TestLogits.neutral().withTemperature(1e30f), logits)).hasSize(4);
    assertThat(sample(TestLogits.neutral(), Float.MAX_VALUE, -Float.MAX_VALUE)).isZero();
    assertThat(sample(SamplingOptions.defaults(), 5)).isZero();
  }

  @Test
  void extremePenaltiesStayFinite() {
    SamplingOptions options =
        TestLogits.neutral().withRepeatPenalty(1e-38f).withPresencePenalty(-3e38f);
    Sampler sampler = new Sampler(options, 2);
    sampler.accept(1);
    assertThat(sampler.sample(TestLogits.of(1, 2))).isEqualTo(1);
    Sampler against =
        new Sampler(TestLogits.neutral().withPresencePenalty(3e38f).withFrequencyPenalty(3e38f), 2);
    against.accept(0);
    against.accept(1);
    assertThat(against.sample(TestLogits.of(1, 2))).isBetween(0, 1);
  }

  @Test
  void penaltiesFollowFormulas() {
    SamplingOptions options =
        TestLogits.neutral()
            .withRepeatPenalty(2)
            .withFrequencyPenalty(0.5f)
            .withPresencePenalty(0.25f)
            .withRepeatLastN(3);
    TokenHistory history = new TokenHistory(4, 3);
    for (int token : new int[] {3, 0, 1, 0}) { // 3 has left the window of three
      history.accept(token);
    }
    Candidates candidates = TestLogits.candidates(4, -4, 4, 4);
    SamplerChain.of(options, history).forEach(stage -> stage.apply(candidates));
    assertThat(candidates.logit(0)).isEqualTo(4 / 2f - 2 * 0.5f - 0.25f);
    assertThat(candidates.logit(1)).isEqualTo(-4 * 2f - 0.5f - 0.25f);
    assertThat(candidates.logit(2)).isEqualTo(4);
    assertThat(candidates.logit(3)).isEqualTo(4);
  }

  @Test
  void sameSeedGivesSameTokens() {
    MemorySegment logits = TestLogits.of(TestLogits.gaussian(500, 1, 9));
    SamplingOptions options = SamplingOptions.defaults().withSeed(2024);
    Sampler first = new Sampler(options, 500);
    int[] tokens = IntStream.range(0, 50).map(i -> first.sample(logits)).toArray();
    Sampler second = new Sampler(options, 500);
    assertThat(IntStream.range(0, 50).map(i -> second.sample(logits)).toArray()).isEqualTo(tokens);
    first.reset();
    assertThat(IntStream.range(0, 50).map(i -> first.sample(logits)).toArray()).isEqualTo(tokens);
    Sampler other = new Sampler(options.withSeed(2025), 500);
    assertThat(IntStream.range(0, 50).map(i -> other.sample(logits)).toArray())
        .isNotEqualTo(tokens);
    assertThat(Arrays.stream(tokens).distinct().count()).isGreaterThan(5);
  }

  @Test
  void reportsRandomSeedForReplay() {
    MemorySegment logits = TestLogits.of(TestLogits.gaussian(500, 1, 9));
    Sampler chosen = new Sampler(SamplingOptions.defaults(), 500);
    assertThat(chosen.seed()).isBetween(0L, (long) Integer.MAX_VALUE);
    Sampler again = new Sampler(SamplingOptions.defaults().withSeed(chosen.seed()), 500);
    for (int i = 0; i < 20; i++) {
      assertThat(again.sample(logits)).isEqualTo(chosen.sample(logits));
    }
    assertThat(new Sampler(SamplingOptions.defaults().withSeed(7), 500).seed()).isEqualTo(7);
  }

  @Test
  void rejectsNonFiniteLogitsNamingToken() {
    for (SamplingOptions options :
        List.of(SamplingOptions.greedy(), SamplingOptions.defaults(), TestLogits.neutral())) {
      assertThatExceptionOfType(MyelinException.class)
          .isThrownBy(() -> sample(options, 1, 2, Float.NaN, 3))
          .withMessageStartingWith("logit of token 2 = NaN: expected a number");
      assertThatExceptionOfType(MyelinException.class)
          .isThrownBy(() -> sample(options, 1, INF))
          .withMessageStartingWith("logit of token 1 = Infinity");
      assertThatExceptionOfType(MyelinException.class)
          .isThrownBy(() -> sample(options, -INF, -INF))
          .withMessage("every logit is -Infinity: no token is left to choose from");
    }
  }

  @Test
  void rejectsInvalidArguments() {
    Sampler sampler = new Sampler(SamplingOptions.greedy(), 3);
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> sampler.sample(TestLogits.of(1, 2)))
        .withMessage(
            "logits of 8 bytes: expected 3 float32 values, one per token of the vocabulary");
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> sampler.accept(3))
        .withMessage("token 3: expected 0 to 2");
    assertThatExceptionOfType(InvalidRequestException.class).isThrownBy(() -> sampler.accept(-1));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> new Sampler(SamplingOptions.greedy(), 0))
        .withMessage("vocabulary size = 0: expected 1 or more");
  }

  @Test
  void customStageRunsFirst() {
    SamplerStage onlyEven =
        candidates -> {
          for (int i = 0; i < candidates.size(); i++) {
            if (candidates.id(i) % 2 == 1) {
              candidates.setLogit(i, -INF);
            }
          }
        };
    Sampler sampler = new Sampler(SamplingOptions.greedy(), 4, List.of(onlyEven));
    assertThat(sampler.sample(TestLogits.of(1, 9, 2, 8))).isEqualTo(2);
    Sampler all =
        new Sampler(SamplingOptions.greedy(), 2, List.of(candidates -> candidates.removeBelow(99)));
    assertThatExceptionOfType(MyelinException.class)
        .isThrownBy(() -> all.sample(TestLogits.of(1, 2)))
        .withMessageContaining("no token is left");
  }

  @Test
  void doesNotModifyLogits() {
    float[] logits = TestLogits.gaussian(300, 2, 4);
    MemorySegment segment = TestLogits.of(logits);
    Sampler sampler =
        new Sampler(SamplingOptions.defaults().withSeed(1).withPresencePenalty(1), 300);
    sampler.accept(sampler.sample(segment));
    sampler.sample(segment);
    assertThat(segment.toArray(ValueLayout.JAVA_FLOAT)).isEqualTo(logits);
  }

  /** Sampling a token allocates no memory, for any vocabulary. */
  @Test
  void samplingAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    int vocabulary = 32_000;
    SamplingOptions options =
        SamplingOptions.defaults().withSeed(3).withRepeatPenalty(1.1f).withTypicalP(0.9f);
    for (SamplingOptions each : List.of(options, options.withTopK(0))) {
      Sampler sampler = new Sampler(each, vocabulary);
      MemorySegment logits = TestLogits.of(TestLogits.gaussian(vocabulary, 2, 1));
      for (int i = 0; i < 20; i++) {
        sampler.accept(sampler.sample(logits));
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 20; i++) {
        sampler.accept(sampler.sample(logits));
      }
      long perToken = (threads.getCurrentThreadAllocatedBytes() - before) / 20;
      assertThat(perToken).isLessThan(1024);
    }
  }

  @Test
  void argmaxInvariantStagesKeepArgmax() {
    for (long seed = 0; seed < 20; seed++) {
      float[] logits = TestLogits.gaussian(400, 1 + seed, seed);
      SamplingOptions all =
          SamplingOptions.defaults().withTopNSigma(0.4f).withTopP(0.2f).withMinP(0.9f);
      Candidates candidates = TestLogits.candidates(logits);
      int best = candidates.id(candidates.argmax());
      for (SamplerStage stage : SamplerChain.of(all, new TokenHistory(400, 0))) {
        assertThat(stage.isArgmaxInvariant()).isTrue();
        stage.apply(candidates);
        assertThat(candidates.id(candidates.argmax())).isEqualTo(best);
      }
    }
    assertThat(SamplerChain.of(SamplingOptions.greedy(), new TokenHistory(4, 0))).isEmpty();
  }

  @Test
  void topNSigmaIgnoresMaskedTokens() {
    // of 0, 1, 2, 3 the deviation is 1.118: 3 - 1.5 * 1.118 = 1.32
    float[] logits = {0, -INF, 1, 2, -INF, 3};
    assertThat(TestLogits.keptIds(TestLogits.neutral().withTopNSigma(1.5f), logits))
        .containsExactly(3, 5);
  }

  @Test
  void typicalMayRemoveMostLikelyToken() {
    // one token at 0.4 and sixty at 0.01: the latter are the typical ones
    float[] logits = new float[61];
    Arrays.fill(logits, (float) Math.log(0.01));
    logits[30] = (float) Math.log(0.4);
    int[] kept = TestLogits.keptIds(TestLogits.neutral().withTypicalP(0.3f), logits);
    assertThat(kept).doesNotContain(30).hasSizeBetween(30, 31);
    assertThat(TestLogits.candidates(logits).computeWeights() * 0.4).isCloseTo(1, within(1e-5));
  }

  private static int sample(SamplingOptions options, float... logits) {
    return new Sampler(options, logits.length).sample(TestLogits.of(logits));
  }
}
