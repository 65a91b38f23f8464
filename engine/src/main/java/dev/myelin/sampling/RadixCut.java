package dev.myelin.sampling;

import java.util.Arrays;

/**
 * Finds, without sorting, the smallest set of the highest-ranked candidates whose weights reach a
 * target: the k-th largest when every weight is 1, the nucleus when they are probabilities. Three
 * passes of a histogram over the bits of the rank, most significant first; linear whatever the
 * distribution, and always in the same order, so that sums round the same way each time.
 */
final class RadixCut {
  private static final int[] SHIFTS = {21, 10, 0};
  private static final int[] WIDTHS = {11, 11, 10};

  private final double[] mass = new double[1 << 11];
  private final boolean[] occupied = new boolean[1 << 11];

  /**
   * Keeps the candidates with the highest ranks until their weights sum to at least {@code target},
   * and at least one; among equal ranks the lowest ids.
   *
   * @param ranks [size] higher is kept first
   * @param weights [size] not negative, or null to count each as 1
   */
  void keepHighest(Candidates candidates, float[] ranks, float[] weights, double target) {
    int size = candidates.size();
    int prefix = 0; // the bits of the boundary rank found so far
    int known = 0; // mask of those bits
    double above = 0; // weight of what ranks above the boundary's bucket
    for (int level = 0; level < SHIFTS.length; level++) {
      int shift = SHIFTS[level];
      int digits = (1 << WIDTHS[level]) - 1;
      Arrays.fill(mass, 0);
      Arrays.fill(occupied, false);
      for (int i = 0; i < size; i++) {
        int key = key(ranks[i]);
        if ((key & known) == prefix) {
          int bucket = (key >>> shift) & digits;
          mass[bucket] += weights == null ? 1 : weights[i];
          occupied[bucket] = true;
        }
      }
      int boundary = digits;
      int lowest = 0;
      while (!occupied[lowest]) {
        lowest++;
      }
      while (boundary > lowest && (!occupied[boundary] || above + mass[boundary] < target)) {
        above += mass[boundary--];
      }
      prefix |= boundary << shift;
      known |= digits << shift;
    }
    compact(candidates, ranks, weights, prefix, above, target);
  }

  private static void compact(
      Candidates candidates,
      float[] ranks,
      float[] weights,
      int boundary,
      double above,
      double target) {
    int kept = 0;
    boolean open = true; // the first of the boundary's rank always stays
    for (int i = 0; i < candidates.size(); i++) {
      int order = Integer.compareUnsigned(key(ranks[i]), boundary);
      if (order > 0) {
        candidates.move(i, kept++);
      } else if (order == 0 && open) {
        above += weights == null ? 1 : weights[i];
        open = above < target;
        candidates.move(i, kept++);
      }
    }
    candidates.truncate(kept);
  }

  /** Orders floats as unsigned integers; both zeros are one rank. */
  private static int key(float rank) {
    int bits = Float.floatToRawIntBits(rank + 0f);
    return bits ^ ((bits >> 31) | Integer.MIN_VALUE);
  }
}
