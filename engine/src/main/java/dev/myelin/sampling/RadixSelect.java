package dev.myelin.sampling;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Radix select: finds, without sorting, the smallest set of the highest-ranked candidates whose
 * weights reach a target. With weights of 1 these are the k largest, with probabilities the
 * nucleus. Builds a histogram over the bits of the rank in three passes, most significant bits
 * first. The time is linear for every distribution, and the order of summation is fixed, so that
 * sums always round the same way.
 */
final class RadixSelect {
  private static final int[] SHIFTS = {21, 10, 0};
  private static final int[] WIDTHS = {11, 11, 10};

  private final double[] bucketWeights = new double[1 << 11];
  private final boolean[] occupied = new boolean[1 << 11];

  /**
   * Keeps the candidates with the highest ranks until their weights sum to at least {@code target},
   * and at least one. Among equal ranks it keeps the lowest ids.
   *
   * @param ranks [size], the highest are kept
   * @param weights [size], 0 or more; null for a weight of 1 each
   */
  void keepTop(Candidates candidates, float[] ranks, float @Nullable [] weights, double target) {
    int size = candidates.size();
    int prefix = 0; // the bits of the threshold rank found so far
    int prefixMask = 0; // mask of those bits
    double above = 0; // total weight of the ranks above the threshold's bucket
    for (int level = 0; level < SHIFTS.length; level++) {
      int shift = SHIFTS[level];
      int bucketMask = (1 << WIDTHS[level]) - 1;
      Arrays.fill(bucketWeights, 0);
      Arrays.fill(occupied, false);
      for (int i = 0; i < size; i++) {
        int key = sortableBits(ranks[i]);
        if ((key & prefixMask) == prefix) {
          int bucket = (key >>> shift) & bucketMask;
          bucketWeights[bucket] += weights == null ? 1 : weights[i];
          occupied[bucket] = true;
        }
      }
      int threshold = bucketMask;
      int lowest = 0;
      while (!occupied[lowest]) {
        lowest++;
      }
      while (threshold > lowest
          && (!occupied[threshold] || above + bucketWeights[threshold] < target)) {
        above += bucketWeights[threshold--];
      }
      prefix |= threshold << shift;
      prefixMask |= bucketMask << shift;
    }
    compact(candidates, ranks, weights, prefix, above, target);
  }

  private static void compact(
      Candidates candidates,
      float[] ranks,
      float @Nullable [] weights,
      int threshold,
      double above,
      double target) {
    int kept = 0;
    boolean keepsTies = true; // the first candidate of the threshold rank always stays
    for (int i = 0; i < candidates.size(); i++) {
      int order = Integer.compareUnsigned(sortableBits(ranks[i]), threshold);
      if (order > 0) {
        candidates.move(i, kept++);
      } else if (order == 0 && keepsTies) {
        above += weights == null ? 1 : weights[i];
        keepsTies = above < target;
        candidates.move(i, kept++);
      }
    }
    candidates.truncate(kept);
  }

  /** Maps a float to an unsigned integer of the same order; -0 equals +0. */
  private static int sortableBits(float rank) {
    int bits = Float.floatToRawIntBits(rank + 0f);
    return bits ^ ((bits >> 31) | Integer.MIN_VALUE);
  }
}
