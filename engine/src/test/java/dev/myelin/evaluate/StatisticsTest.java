package dev.myelin.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.error.MyelinException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small cases computed by hand, and general properties. */
class StatisticsTest {
  private static Distribution distribution(float... logits) {
    Distribution d = new Distribution(logits.length);
    System.arraycopy(logits, 0, d.values(), 0, logits.length);
    d.fromLogits();
    return d;
  }

  private static float[] random(Random random, int count, double width) {
    float[] all = new float[count];
    for (int i = 0; i < count; i++) {
      all[i] = (float) (random.nextGaussian() * width);
    }
    return all;
  }

  private static float log(double p) {
    return (float) Math.log(p);
  }

  @Test
  void meanAndStandardErrorByHand() {
    Moments moments = new Moments();
    assertThat(moments.estimate()).isEqualTo(new Estimate(0, 0));
    for (double value : new double[] {1, 2, 3, 6}) {
      moments.add(value);
    }
    // mean of squares 12.5, minus 9 is 3.5, divided by 3
    assertThat(moments.estimate().value()).isEqualTo(3);
    assertThat(moments.estimate().error()).isCloseTo(Math.sqrt(3.5 / 3), within(1e-15));
    Estimate e = new Estimate(Math.log(8), 0.25).exp();
    assertThat(e.value()).isCloseTo(8, within(1e-12));
    assertThat(e.error()).isCloseTo(2, within(1e-12));
  }

  @Test
  void momentsAreNumericallyStable() {
    Moments.Pair pair = new Moments.Pair();
    for (int i = 0; i < 1000; i++) {
      pair.add(1e8 + i % 2, 1e8 - i % 2);
    }
    assertThat(pair.first().error()).isCloseTo(Math.sqrt(0.25 / 999), within(1e-9));
    assertThat(pair.covariance()).isCloseTo(-0.25 / 999, within(1e-9));
  }

  @Test
  void covarianceByHand() {
    Moments.Pair pair = new Moments.Pair();
    pair.add(1, 2);
    pair.add(2, 1);
    pair.add(3, 6);
    // mean of products 22/3, minus 2 * 3 is 4/3, divided by 2
    assertThat(pair.covariance()).isCloseTo(2.0 / 3, within(1e-15));
  }

  @Test
  void quantilesInterpolateLinearly() {
    Quantiles quantiles = new Quantiles(new double[] {4, 1, 3, 2});
    assertThat(quantiles.count()).isEqualTo(4);
    assertThat(quantiles.value(0)).isEqualTo(1);
    assertThat(quantiles.value(1)).isEqualTo(4);
    assertThat(quantiles.value(0.5)).isEqualTo(2.5);
    assertThat(quantiles.value(0.9)).isCloseTo(3.7, within(1e-12));
    assertThat(new Quantiles(new double[] {7}).value(0.3)).isEqualTo(7);
    assertThatThrownBy(() -> quantiles.value(1.1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> quantiles.value(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void logProbabilitiesByHand() {
    Distribution d = distribution(log(1), log(2), log(5));
    assertThat(d.logProbability(0)).isCloseTo(Math.log(1 / 8.0), within(1e-7));
    assertThat(d.logProbability(2)).isCloseTo(Math.log(5 / 8.0), within(1e-7));
    assertThat(d.argmax()).isEqualTo(2);
    assertThat(distribution(3, 3, 1).argmax()).isZero();
  }

  @Test
  void klDivergenceByHand() {
    Distribution p = distribution(log(0.5), log(0.25), log(0.25));
    Distribution q = distribution(log(0.25), log(0.25), log(0.5));
    assertThat(p.klDivergence(q)).isCloseTo(0.25 * Math.log(2), within(1e-7));
    Distribution sure = distribution(0, Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY);
    assertThat(sure.klDivergence(p)).isCloseTo(Math.log(2), within(1e-7));
    assertThat(p.klDivergence(sure)).isInfinite();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, 1, 10, 100})
  void klDivergenceIsNonNegativeAndZeroForEqualLogits(double width) {
    Random random = new Random(3);
    for (int i = 0; i < 50; i++) {
      float[] logits = random(random, 500, width);
      Distribution p = distribution(logits);
      assertThat(p.klDivergence(distribution(random(random, 500, width)))).isNotNegative();
      assertThat(p.klDivergence(distribution(logits))).isZero();
      float[] near = logits.clone();
      near[i] = Math.nextUp(near[i]);
      assertThat(p.klDivergence(distribution(near))).isBetween(0.0, 1e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1000, -3, 64, 4096})
  void addedConstantDoesNotChangeDistribution(int constant) {
    Random random = new Random(4);
    float[] logits = random(random, 200, 4);
    float[] moved = logits.clone();
    for (int i = 0; i < moved.length; i++) {
      // multiples of 1/1024, so that the sum is exact
      logits[i] = Math.round(logits[i] * 1024) / 1024f;
      moved[i] = logits[i] + constant;
    }
    Distribution p = distribution(logits);
    Distribution q = distribution(moved);
    assertThat(q.argmax()).isEqualTo(p.argmax());
    assertThat(p.klDivergence(q)).isCloseTo(0, within(1e-12));
    for (int i = 0; i < logits.length; i++) {
      assertThat(q.logProbability(i)).isCloseTo(p.logProbability(i), within(1e-9));
    }
  }

  @Test
  void nonFiniteLogitsGiveNaN() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThat(distribution(1, bad, 2).logProbability(0)).isNaN();
      assertThat(distribution(bad, 1, 2).logProbability(2)).isNaN();
    }
    assertThat(distribution(1, Float.NEGATIVE_INFINITY).logProbability(0)).isZero();
  }

  @Test
  void klStatisticsByHand() {
    KlAccumulator statistics = new KlAccumulator(1);
    statistics.add(new KlAccumulator.Prediction(Math.log(4), Math.log(2), 0.5, true));
    statistics.add(new KlAccumulator.Prediction(Math.log(2), Math.log(2), 0.1, false));
    KlResult result = statistics.result(statistics.statistics(1));
    KlStatistics f = result.statistics();
    assertThat(f.perplexity().value()).isCloseTo(Math.sqrt(8), within(1e-12));
    assertThat(f.originalPerplexity().value()).isCloseTo(2, within(1e-12));
    assertThat(f.originalPerplexity().error()).isZero();
    assertThat(f.ratio().value()).isCloseTo(Math.sqrt(2), within(1e-12));
    assertThat(f.difference().value()).isCloseTo(Math.sqrt(8) - 2, within(1e-12));
    assertThat(f.correlation()).isZero();
    assertThat(f.divergence().value()).isCloseTo(0.3, within(1e-12));
    assertThat(f.divergence().error()).isCloseTo(0.2, within(1e-12));
    assertThat(f.deltaP().value()).isCloseTo(-0.125, within(1e-12));
    // squares 1/16 and 0: mean 1/32, error 1/32
    assertThat(f.rmsDeltaP().value()).isCloseTo(Math.sqrt(1 / 32.0), within(1e-12));
    assertThat(f.rmsDeltaP().error()).isCloseTo(0.5 / Math.sqrt(1 / 32.0) / 32, within(1e-12));
    assertThat(f.sameTop()).isEqualTo(new Estimate(0.5, 0.5));
    assertThat(result.divergences().value(0.5)).isCloseTo(0.3, within(1e-12));
    assertThat(result.deltaPs().value(0)).isCloseTo(-0.25, within(1e-12));
  }

  @Test
  void rankingIsSoftmaxOfSumsOrMeans() {
    List<ContinuationScore> scores =
        List.of(new ContinuationScore("a", 1, -2), new ContinuationScore("b", 4, -4));
    Ranking sum = Ranking.of(3, scores, Normalization.SUM);
    assertThat(sum.best().continuation()).isEqualTo("a");
    assertThat(sum.probabilities().get(0)).isCloseTo(1 / (1 + Math.exp(-2)), within(1e-12));
    Ranking mean = Ranking.of(3, scores, Normalization.MEAN);
    assertThat(mean.best().continuation()).isEqualTo("b");
    assertThat(mean.probabilities().get(1)).isCloseTo(1 / (1 + Math.exp(-1)), within(1e-12));
    ContinuationScore far = new ContinuationScore("c", 1, -5000);
    ContinuationScore farther = new ContinuationScore("d", 1, -6000);
    assertThat(Ranking.of(1, List.of(far, farther), Normalization.SUM).probabilities())
        .containsExactly(1.0, 0.0);
  }

  @Test
  void confusionMatrixCountsExamples() {
    ConfusionMatrix confusion = new ConfusionMatrix(List.of("a", "b"));
    assertThat(confusion.accuracy()).isEqualTo(new Proportion(0, 0.5, 0, 1));
    confusion.add(0, 0);
    confusion.add(0, 1);
    confusion.add(1, 1);
    confusion.add(1, 1);
    assertThat(confusion.count(0, 1)).isEqualTo(1);
    assertThat(confusion.correct()).isEqualTo(3);
    assertThat(confusion.accuracy().value()).isEqualTo(0.75);
    // Wilson's formula, by hand: sqrt(0.75 * 0.25 / 4 + 1 / 64) / (1 + 1 / 4)
    assertThat(confusion.accuracy().error()).isCloseTo(0.2, within(1e-12));
  }

  /** The bounds are the proportions from which this sample is 1.96 standard deviations away. */
  @ParameterizedTest
  @CsvSource({"20, 20", "0, 20", "15, 20", "3, 5", "1, 1", "0, 1", "990, 1000"})
  void proportionHasWilsonInterval(int hits, int trials) {
    Proportion proportion = Proportion.of(hits, trials);
    double p = (double) hits / trials;
    assertThat(proportion.value()).isEqualTo(p);
    assertThat(proportion.error()).isPositive();
    for (double end : new double[] {proportion.low(), proportion.high()}) {
      if (end > 0 && end < 1) {
        double deviation = Math.sqrt(end * (1 - end) / trials);
        assertThat(Math.abs(end - p) / deviation).isCloseTo(1.959964, within(1e-5));
      } else {
        assertThat(end).isEqualTo(p);
      }
    }
    assertThat(proportion.low()).isLessThan(proportion.high());
  }

  @Test
  void eachRowIsProcessedOnce() {
    for (int threads : new int[] {1, 2, 5}) {
      try (RowWorkers workers = new RowWorkers(threads, 1 << 12)) {
        AtomicIntegerArray seen = new AtomicIntegerArray(200);
        workers.forEach(200, (row, scratch) -> seen.incrementAndGet(row));
        workers.forEach(1, (row, scratch) -> seen.incrementAndGet(row));
        workers.forEach(0, (row, scratch) -> seen.incrementAndGet(row));
        assertThat(seen.get(0)).isEqualTo(2);
        for (int i = 1; i < 200; i++) {
          assertThat(seen.get(i)).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void noRowIsProcessedAfterFailureIsThrown() {
    try (RowWorkers workers = new RowWorkers(3, 1 << 12)) {
      AtomicInteger working = new AtomicInteger();
      assertThatThrownBy(
              () ->
                  workers.forEach(
                      100,
                      (row, scratch) -> {
                        working.incrementAndGet();
                        Arrays.sort(scratch.ours().values());
                        working.decrementAndGet();
                        if (row == 40) {
                          throw new MyelinException("row 40");
                        }
                      }))
          .hasMessage("row 40");
      assertThat(working).hasValue(0);
    }
  }
}
