package dev.myelin.stories;

import java.util.List;

/**
 * SplitMix64 (Steele, Lea and Flood, 2014), implemented here so that a seed gives the same stories
 * on every JDK. Each story has its own stream.
 */
final class StoryRandom {
  private static final long GAMMA = 0x9E3779B97F4A7C15L;
  private static final int COMMON_COUNT = 12;
  private static final int COMMON_PERCENT = 75;

  private long state;

  StoryRandom(long seed, long index) {
    state = mix(mix(seed + GAMMA) + index * GAMMA);
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Uniform in [0, bound). */
  int nextInt(int bound) {
    state += GAMMA;
    return (int) ((mix(state) >>> 32) * bound >>> 32);
  }

  boolean percent(int chance) {
    return nextInt(100) < chance;
  }

  <T> T pick(List<T> from) {
    return from.get(nextInt(from.size()));
  }

  /**
   * Picks mostly one of the first elements, like names in real life: few are common, most are rare.
   */
  <T> T pickCommon(List<T> from) {
    int common = Math.min(COMMON_COUNT, from.size());
    return from.get(nextInt(percent(COMMON_PERCENT) ? common : from.size()));
  }
}
