package dev.myelin.sampling;

import dev.myelin.error.InvalidRequestException;
import java.util.function.Consumer;

/**
 * How the next token is sampled. Names, ranges and defaults are those of llama.cpp. Immutable and
 * thread-safe.
 *
 * @param temperature divides the logits: below 1 sharpens, above 1 flattens the distribution; 0 is
 *     greedy
 * @param topK keep the k most likely tokens; 0 keeps all
 * @param typicalP keep the tokens whose surprisal is nearest to the entropy, up to this cumulative
 *     probability; 1 keeps all (Meister et al., 2022)
 * @param topP keep the most likely tokens up to this cumulative probability; 1 keeps all (Holtzman
 *     et al., 2019)
 * @param minP keep tokens at least this probable, relative to the most likely one; 0 keeps all
 * @param topNSigma keep logits within this many standard deviations of the highest; 0 keeps all
 * @param repeatPenalty divides positive and multiplies negative logits of recent tokens; 1 is off
 *     (Keskar et al., 2019)
 * @param repeatLastN how many recent tokens the penalties consider; 0 none, -1 all
 * @param frequencyPenalty subtracted source a recent token's logit for each occurrence
 * @param presencePenalty subtracted source a recent token's logit once
 * @param seed of the random number generator; {@link #RANDOM_SEED} lets the sampler choose one
 */
public record SamplingOptions(
    float temperature,
    int topK,
    float typicalP,
    float topP,
    float minP,
    float topNSigma,
    float repeatPenalty,
    int repeatLastN,
    float frequencyPenalty,
    float presencePenalty,
    long seed) {

  /** Requests a random seed; {@link Sampler#seed()} returns the chosen one. */
  public static final long RANDOM_SEED = -1;

  /** The longest window of recent tokens, so that a history takes at most 4 MiB. */
  static final int MAX_REPEAT_LAST_N = 1 << 20;

  private static final SamplingOptions DEFAULTS =
      new SamplingOptions(0.8f, 40, 1f, 0.95f, 0.05f, 0f, 1f, 64, 0f, 0f, RANDOM_SEED);

  /**
   * @throws InvalidRequestException if a value is out of range; names the option and the value
   */
  public SamplingOptions {
    check(temperature >= 0 && isFinite(temperature), "temperature", temperature, "0 or more");
    check(topK >= 0, "top-k", topK, "0 (off) or more");
    check(typicalP > 0 && typicalP <= 1, "typical-p", typicalP, "above 0 and at most 1 (off)");
    check(topP >= 0 && topP <= 1, "top-p", topP, "0 to 1 (off)");
    check(minP >= 0 && minP <= 1, "min-p", minP, "0 (off) to 1");
    check(topNSigma >= 0 && isFinite(topNSigma), "top-n-sigma", topNSigma, "0 (off) or more");
    check(repeatPenalty > 0 && isFinite(repeatPenalty), "repeat-penalty", repeatPenalty, "above 0");
    check(
        repeatLastN >= -1 && repeatLastN <= MAX_REPEAT_LAST_N,
        "repeat-last-n",
        repeatLastN,
        "-1 (all) to " + MAX_REPEAT_LAST_N);
    check(isFinite(frequencyPenalty), "frequency-penalty", frequencyPenalty, "a finite number");
    check(isFinite(presencePenalty), "presence-penalty", presencePenalty, "a finite number");
    check(seed >= RANDOM_SEED, "seed", seed, "0 or more, or -1 for a random one");
  }

  /** Temperature 0.8, top-k 40, top-p 0.95, min-p 0.05, no penalties, a random seed. */
  public static SamplingOptions defaults() {
    return DEFAULTS;
  }

  /** Always the most likely token, the lowest id among equals; no penalties. */
  public static SamplingOptions greedy() {
    return DEFAULTS.withTemperature(0).withSeed(0);
  }

  /** Whether the most likely token is always chosen. */
  public boolean isGreedy() {
    return temperature == 0;
  }

  /** Whether any of the three penalties changes a logit. */
  public boolean hasPenalties() {
    return repeatLastN != 0
        && (repeatPenalty != 1 || frequencyPenalty != 0 || presencePenalty != 0);
  }

  public SamplingOptions withTemperature(float value) {
    return with(builder -> builder.temperature = value);
  }

  public SamplingOptions withTopK(int value) {
    return with(builder -> builder.topK = value);
  }

  public SamplingOptions withTypicalP(float value) {
    return with(builder -> builder.typicalP = value);
  }

  public SamplingOptions withTopP(float value) {
    return with(builder -> builder.topP = value);
  }

  public SamplingOptions withMinP(float value) {
    return with(builder -> builder.minP = value);
  }

  public SamplingOptions withTopNSigma(float value) {
    return with(builder -> builder.topNSigma = value);
  }

  public SamplingOptions withRepeatPenalty(float value) {
    return with(builder -> builder.repeatPenalty = value);
  }

  public SamplingOptions withRepeatLastN(int value) {
    return with(builder -> builder.repeatLastN = value);
  }

  public SamplingOptions withFrequencyPenalty(float value) {
    return with(builder -> builder.frequencyPenalty = value);
  }

  public SamplingOptions withPresencePenalty(float value) {
    return with(builder -> builder.presencePenalty = value);
  }

  public SamplingOptions withSeed(long value) {
    return with(builder -> builder.seed = value);
  }

  private SamplingOptions with(Consumer<Builder> change) {
    Builder builder = new Builder(this);
    change.accept(builder);
    return builder.build();
  }

  private static boolean isFinite(float value) {
    return Float.isFinite(value);
  }

  private static void check(boolean valid, String option, Number value, String expected) {
    if (!valid) {
      throw new InvalidRequestException(option + " = " + value + ": expected " + expected);
    }
  }

  /** Mutable copy of the options, to change one of eleven values. */
  private static final class Builder {
    private float temperature;
    private int topK;
    private float typicalP;
    private float topP;
    private float minP;
    private float topNSigma;
    private float repeatPenalty;
    private int repeatLastN;
    private float frequencyPenalty;
    private float presencePenalty;
    private long seed;

    Builder(SamplingOptions source) {
      temperature = source.temperature;
      topK = source.topK;
      typicalP = source.typicalP;
      topP = source.topP;
      minP = source.minP;
      topNSigma = source.topNSigma;
      repeatPenalty = source.repeatPenalty;
      repeatLastN = source.repeatLastN;
      frequencyPenalty = source.frequencyPenalty;
      presencePenalty = source.presencePenalty;
      seed = source.seed;
    }

    SamplingOptions build() {
      return new SamplingOptions(
          temperature,
          topK,
          typicalP,
          topP,
          minP,
          topNSigma,
          repeatPenalty,
          repeatLastN,
          frequencyPenalty,
          presencePenalty,
          seed);
    }
  }
}
