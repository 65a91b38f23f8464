package dev.myelin.graph;

/**
 * What attention adds to softmax(scale * QKᵀ) V. Which positions a token sees is not part of it:
 * see {@link CachePages}.
 *
 * @param scale of QKᵀ
 * @param softCap scores become softCap * tanh(score / softCap), before biases; 0 for none
 * @param slopes ALiBi: scores decrease by a head's slope times the distance; [heads] or null
 * @param relativeBias a bias by distance, or null
 * @param positions i32 [tokens], for slopes and biases, else null
 * @param sinks f32 [heads], a score of each head that takes part in the softmax without a value, or
 *     null
 * @param selected i32 [topK, tokens]: of its range, a token sees only these positions; or null
 */
public record AttentionParameters(
    float scale,
    float softCap,
    float[] slopes,
    RelativeBias relativeBias,
    Tensor positions,
    Tensor sinks,
    Tensor selected) {

  /**
   * A learned bias by the distance of a position from the token's.
   *
   * @param values f32 [heads, buckets]
   * @param buckets the bucket of each distance from -d to d; longer distances count as those
   */
  public record RelativeBias(Tensor values, int[] buckets) {
    /** The longest distance with a bucket of its own. */
    int distance() {
      return (buckets.length - 1) / 2;
    }
  }

  /** Plain attention. */
  public static AttentionParameters of(float scale) {
    return new AttentionParameters(scale, 0, null, null, null, null, null);
  }

  public AttentionParameters withSoftCap(float value) {
    return new AttentionParameters(scale, value, slopes, relativeBias, positions, sinks, selected);
  }

  public AttentionParameters withSlopes(float[] value, Tensor positions) {
    return new AttentionParameters(scale, softCap, value, relativeBias, positions, sinks, selected);
  }

  public AttentionParameters withRelativeBias(RelativeBias value, Tensor positions) {
    return new AttentionParameters(scale, softCap, slopes, value, positions, sinks, selected);
  }

  public AttentionParameters withSinks(Tensor value) {
    return new AttentionParameters(
        scale, softCap, slopes, relativeBias, positions, value, selected);
  }

  public AttentionParameters withSelected(Tensor value) {
    return new AttentionParameters(scale, softCap, slopes, relativeBias, positions, sinks, value);
  }

  /** Whether there is nothing but the scale. */
  boolean isPlain() {
    return softCap == 0
        && slopes == null
        && relativeBias == null
        && sinks == null
        && selected == null;
  }

  /**
   * The slopes of ALiBi (Press et al. 2022): powers of 2^(-maxBias / heads), and for a number of
   * heads that is no power of two every second one of the next.
   */
  public static float[] alibiSlopes(int heads, float maxBias) {
    int power = Integer.highestOneBit(heads);
    float[] slopes = new float[heads];
    for (int h = 0; h < heads; h++) {
      double exponent = h < power ? h + 1.0 : (h - power) + 0.5;
      slopes[h] = (float) StrictMath.pow(2, -maxBias * exponent / power);
    }
    return slopes;
  }

  /**
   * The buckets of T5 (Raffel et al. 2020): half of them one a distance, the others logarithmic up
   * to {@code maxDistance}; both directions have their own if {@code isBidirectional}, else later
   * positions count as the token's own.
   */
  public static int[] t5Buckets(int buckets, int maxDistance, boolean isBidirectional) {
    int each = isBidirectional ? buckets / 2 : buckets;
    int exact = each / 2;
    int[] of = new int[2 * maxDistance + 1];
    for (int d = -maxDistance; d <= maxDistance; d++) {
      int distance = isBidirectional ? Math.abs(d) : Math.max(-d, 0);
      // rounded as in the reference implementation: at a bucket's border the last bit decides
      float log = (float) StrictMath.log((float) ((double) distance / exact));
      double steps = log * (each - exact) / StrictMath.log((double) maxDistance / exact);
      int bucket = distance < exact ? distance : Math.min((int) (float) (exact + steps), each - 1);
      of[d + maxDistance] = bucket + (isBidirectional && d > 0 ? each : 0);
    }
    return of;
  }
}
