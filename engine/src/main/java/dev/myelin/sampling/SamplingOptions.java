package dev.myelin.sampling;

import dev.myelin.error.InvalidRequestException;
import java.util.function.Consumer;

/**
 * How the next token is drawn. Names, ranges and defaults are those users of llama.cpp know.
 *
 * @param temperature divides the logits: below 1 sharper, above 1 flatter, 0 always the likeliest
 * @param topK keep the k likeliest tokens; 0 keeps all
 * @param typicalP keep the tokens whose surprise is nearest to the expected one, up to this share
 *     of the probability; 1 keeps all (Meister et al., 2022)
 * @param topP keep the likeliest tokens up to this share of the probability; 1 keeps all (Holtzman
 *     et al., 2019)
 * @param minP keep tokens at least this probable, as a share of the likeliest one's; 0 keeps all
 * @param topNSigma keep logits within this many standard deviations of the highest; 0 keeps all
 * @param repeatPenalty divides positive and multiplies negative logits of recent tokens; 1 is off
 *     (Keskar et al., 2019)
 * @param repeatLastN how many recent tokens the penalties look at; 0 none, -1 all
 * @param frequencyPenalty taken off a recent token's logit for each time it occurred
 * @param presencePenalty taken off a recent token's logit once
 * @param seed of the random stream; {@link #RANDOM_SEED} lets the sampler choose one
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

  /** Asks for a seed chosen at random; {@link Sampler#seed()} says which it became. */
  public static final long RANDOM_SEED = -1;

  /** The longest window of recent tokens, so that a history never costs more than 4 MiB. */
  static final int MAX_LAST_N = 1 << 20;

  private static final SamplingOptions DEFAULTS =
      new SamplingOptions(0.8f, 40, 1f, 0.95f, 0.05f, 0f, 1f, 64, 0f, 0f, RANDOM_SEED);

  /**
   * @throws InvalidRequestException if a value is out of its range, naming the option and the value
   */
  public SamplingOptions {
    check(temperature >= 0 && finite(temperature), "temperature", temperature, "0 or more");
    check(topK >= 0, "top-k", topK, "0 (off) or more");
    check(typicalP > 0 && typicalP <= 1, "typical-p", typicalP, "above 0 and at most 1 (off)");
    check(topP >= 0 && topP <= 1, "top-p", topP, "0 to 1 (off)");
    check(minP >= 0 && minP <= 1, "min-p", minP, "0 (off) to 1");
    check(topNSigma >= 0 && finite(topNSigma), "top-n-sigma", topNSigma, "0 (off) or more");
    check(repeatPenalty > 0 && finite(repeatPenalty), "repeat-penalty", repeatPenalty, "above 0");
    check(
        repeatLastN >= -1 && repeatLastN <= MAX_LAST_N,
        "repeat-last-n",
        repeatLastN,
        "-1 (all) to " + MAX_LAST_N);
    check(finite(frequencyPenalty), "frequency-penalty", frequencyPenalty, "a finite number");
    check(finite(presencePenalty), "presence-penalty", presencePenalty, "a finite number");
    check(seed >= RANDOM_SEED, "seed", seed, "0 or more, or -1 for a random one");
  }

  /** Temperature 0.8, top-k 40, top-p 0.95, min-p 0.05, no penalties, a random seed. */
  public static SamplingOptions defaults() {
    return DEFAULTS;
  }

  /** Always the likeliest token, the lowest id among equals; no penalties. */
  public static SamplingOptions greedy() {
    return DEFAULTS.withTemperature(0).withSeed(0);
  }

  /** Whether the likeliest remaining token is taken, without chance. */
  public boolean isGreedy() {
    return temperature == 0;
  }

  /** Whether any of the three penalties changes a logit. */
  public boolean hasPenalties() {
    return repeatLastN != 0
        && (repeatPenalty != 1 || frequencyPenalty != 0 || presencePenalty != 0);
  }

  public SamplingOptions withTemperature(float value) {
    return with(draft -> draft.temperature = value);
  }

  public SamplingOptions withTopK(int value) {
    return with(draft -> draft.topK = value);
  }

  public SamplingOptions withTypicalP(float value) {
    return with(draft -> draft.typicalP = value);
  }

  public SamplingOptions withTopP(float value) {
    return with(draft -> draft.topP = value);
  }

  public SamplingOptions withMinP(float value) {
    return with(draft -> draft.minP = value);
  }

  public SamplingOptions withTopNSigma(float value) {
    return with(draft -> draft.topNSigma = value);
  }

  public SamplingOptions withRepeatPenalty(float value) {
    return with(draft -> draft.repeatPenalty = value);
  }

  public SamplingOptions withRepeatLastN(int value) {
    return with(draft -> draft.repeatLastN = value);
  }

  public SamplingOptions withFrequencyPenalty(float value) {
    return with(draft -> draft.frequencyPenalty = value);
  }

  public SamplingOptions withPresencePenalty(float value) {
    return with(draft -> draft.presencePenalty = value);
  }

  public SamplingOptions withSeed(long value) {
    return with(draft -> draft.seed = value);
  }

  private SamplingOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.build();
  }

  private static boolean finite(float value) {
    return Float.isFinite(value);
  }

  private static void check(boolean good, String option, Number value, String expected) {
    if (!good) {
      throw new InvalidRequestException(option + " = " + value + ": expected " + expected);
    }
  }

  /** One changed value at a time, without eleven arguments in a row for each. */
  private static final class Draft {
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

    Draft(SamplingOptions from) {
      temperature = from.temperature;
      topK = from.topK;
      typicalP = from.typicalP;
      topP = from.topP;
      minP = from.minP;
      topNSigma = from.topNSigma;
      repeatPenalty = from.repeatPenalty;
      repeatLastN = from.repeatLastN;
      frequencyPenalty = from.frequencyPenalty;
      presencePenalty = from.presencePenalty;
      seed = from.seed;
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
