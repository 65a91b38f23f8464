package dev.myelin.stories;

import java.util.List;

/**
 * SplitMix64 (Steele, Lea and Flood, 2014), written out so that a seed means the same stories on
 * every JDK. Each story has a stream of its own.
 */
final class Dice {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;
  private static final int COMMON = 12;
  private static final int COMMON_PERCENT = 75;

  private long state;

  Dice(long seed, long index) {
    state = mix(mix(seed + GAMMA) + index * GAMMA);
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Uniform in [0, bound). */
  int below(int bound) {
    state += GAMMA;
    return (int) ((mix(state) >>> 32) * bound >>> 32);
  }

  boolean percent(int chance) {
    return below(100) < chance;
  }

  <T> T pick(List<T> from) {
    return from.get(below(from.size()));
  }

  /** Mostly one of the first few, as names are in life: a few are everywhere, most are rare. */
  <T> T pickCommon(List<T> from) {
    int few = Math.min(COMMON, from.size());
    return from.get(below(percent(COMMON_PERCENT) ? few : from.size()));
  }
}
