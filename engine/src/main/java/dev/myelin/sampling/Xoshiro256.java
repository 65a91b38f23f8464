package dev.myelin.sampling;

/**
 * The pseudorandom number generator xoshiro256** seeded by SplitMix64 (Blackman and Vigna, 2018).
 * It does not depend on the JDK: a seed gives the same tokens everywhere.
 */
final class Xoshiro256 {
  private long s0;
  private long s1;
  private long s2;
  private long s3;

  Xoshiro256(long seed) {
    reseed(seed);
  }

  Xoshiro256(long s0, long s1, long s2, long s3) {
    this.s0 = s0;
    this.s1 = s1;
    this.s2 = s2;
    this.s3 = s3;
  }

  void reseed(long seed) {
    s0 = splitMix(seed += GOLDEN_GAMMA);
    s1 = splitMix(seed += GOLDEN_GAMMA);
    s2 = splitMix(seed += GOLDEN_GAMMA);
    s3 = splitMix(seed + GOLDEN_GAMMA);
  }

  static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  static long splitMix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  long nextLong() {
    long result = Long.rotateLeft(s1 * 5, 7) * 9;
    long t = s1 << 17;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = Long.rotateLeft(s3, 45);
    return result;
  }

  /** Uniform in [0, 1), from the 53 highest bits. */
  double nextDouble() {
    return (nextLong() >>> 11) * 0x1p-53;
  }
}
