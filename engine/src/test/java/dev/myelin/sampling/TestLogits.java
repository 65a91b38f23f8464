package dev.myelin.sampling;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Logits for tests, with fixed seeds. */
final class TestLogits {
  private TestLogits() {}

  static MemorySegment of(float... logits) {
    return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, logits);
  }

  /** Normally distributed, as the logits of models; in practice without ties. */
  static float[] gaussian(int size, double deviation, long seed) {
    Random random = new Random(seed);
    float[] logits = new float[size];
    for (int i = 0; i < size; i++) {
      logits[i] = (float) (random.nextGaussian() * deviation);
    }
    return logits;
  }

  /** Few distinct values, so that there are many ties. */
  static float[] tied(int size, int values, long seed) {
    Random random = new Random(seed);
    float[] logits = new float[size];
    for (int i = 0; i < size; i++) {
      logits[i] = random.nextInt(values) - values / 2f;
    }
    return logits;
  }

  static Candidates candidates(float... logits) {
    Candidates candidates = new Candidates(logits.length);
    candidates.load(of(logits));
    return candidates;
  }

  /** The ids that the stages of these options keep. */
  static int[] keptIds(SamplingOptions options, float... logits) {
    Candidates candidates = candidates(logits);
    for (SamplerStage stage : SamplerChain.of(options, new TokenHistory(logits.length, 0))) {
      stage.apply(candidates);
    }
    return java.util.Arrays.copyOf(candidates.ids, candidates.size());
  }

  /** Options that change nothing: temperature 1, every filter off. */
  static SamplingOptions neutral() {
    return SamplingOptions.defaults()
        .withTemperature(1)
        .withTopK(0)
        .withTopP(1)
        .withMinP(0)
        .withSeed(1);
  }
}
