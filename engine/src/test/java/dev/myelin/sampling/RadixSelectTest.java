package dev.myelin.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RadixSelectTest {
  static Stream<float[]> distributions() {
    float[] infinite = TestLogits.gaussian(1000, 3, 5);
    for (int i = 0; i < infinite.length; i += 3) {
      infinite[i] = Float.NEGATIVE_INFINITY;
    }
    float[] equal = new float[700];
    Arrays.fill(equal, -1.5f);
    float[] zeros = {0f, -0f, 0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, -0f};
    float[] near = new float[500]; // values differ only in the last bits
    for (int i = 0; i < near.length; i++) {
      near[i] = Float.intBitsToFloat(Float.floatToIntBits(7f) + (i * 37) % 251);
    }
    float[] extremes = {Float.MAX_VALUE, -Float.MAX_VALUE, 0, 1, -1, 1e-38f, 1e38f};
    return Stream.of(
        TestLogits.gaussian(1, 1, 1),
        TestLogits.gaussian(2000, 2.5, 2),
        TestLogits.gaussian(3001, 40, 3),
        TestLogits.tied(1500, 5, 4),
        infinite,
        equal,
        zeros,
        near,
        extremes);
  }

  @ParameterizedTest
  @MethodSource("distributions")
  void keepsKLargestAndLowestIdsOfTies(float[] logits) {
    for (int k : new int[] {1, 2, 3, 5, 40, 500, logits.length - 1, logits.length}) {
      if (k < 1 || k > logits.length) {
        continue;
      }
      Candidates candidates = TestLogits.candidates(logits);
      new RadixSelect().keepTop(candidates, candidates.logits, null, k);
      assertThat(Arrays.copyOf(candidates.ids, candidates.size()))
          .isEqualTo(IntStream.of(ranked(logits)).limit(k).sorted().toArray());
    }
  }

  @ParameterizedTest
  @MethodSource("distributions")
  void keepsSmallestSetThatReachesTargetWeight(float[] logits) {
    for (double fraction : new double[] {0, 0.01, 0.3, 0.9, 0.999, 1}) {
      Candidates candidates = TestLogits.candidates(logits);
      double sum = candidates.computeWeights();
      double[] weights =
          IntStream.range(0, logits.length).mapToDouble(i -> candidates.weights[i]).toArray();
      new RadixSelect().keepTop(candidates, candidates.logits, candidates.weights, fraction * sum);
      int[] ids = Arrays.copyOf(candidates.ids, candidates.size());

      int[] ranked = ranked(logits);
      assertThat(ids).isEqualTo(IntStream.of(ranked).limit(ids.length).sorted().toArray());
      double kept = IntStream.of(ids).mapToDouble(id -> weights[id]).sum();
      assertThat(kept).isGreaterThanOrEqualTo(fraction * sum - 1e-9 * sum);
      if (ids.length > 1) {
        double withoutLast = kept - weights[ranked[ids.length - 1]];
        assertThat(withoutLast).isLessThan(fraction * sum + 1e-9 * sum);
      }
    }
  }

  @Test
  void zeroTargetKeepsArgmax() {
    Candidates candidates = TestLogits.candidates(1, 3, 3, 2);
    new RadixSelect().keepTop(candidates, candidates.logits, null, 0);
    assertThat(candidates.size()).isEqualTo(1);
    assertThat(candidates.id(0)).isEqualTo(1);
  }

  private static int[] ranked(float[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(
            Comparator.comparing((Integer i) -> -(logits[i] + 0f))
                .thenComparing(Comparator.naturalOrder()))
        .mapToInt(i -> i)
        .toArray();
  }
}
