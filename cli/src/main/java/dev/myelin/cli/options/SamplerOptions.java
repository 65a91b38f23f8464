package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.UnusedOptions;
import dev.myelin.cli.command.Usage;
import dev.myelin.sampling.RecommendedSampling;
import dev.myelin.sampling.SamplingOptions;
import java.util.concurrent.ThreadLocalRandom;

/** Sampling parameters. */
public final class SamplerOptions {
  private static final SamplingOptions DEFAULTS = SamplingOptions.defaults();
  private static final String DEFAULT = " (default: ${DEFAULT-VALUE}).";

  private final Subcommand command;
  private final Subcommand.Value<Float> temperature;
  private final Subcommand.Value<Integer> topK;
  private final Subcommand.Value<Float> topP;
  private final Subcommand.Value<Float> minP;
  private final Subcommand.Value<Float> typicalP;
  private final Subcommand.Value<Float> topNSigma;
  private final Subcommand.Value<Float> repeatPenalty;
  private final Subcommand.Value<Integer> repeatLastN;
  private final Subcommand.Value<Float> frequencyPenalty;
  private final Subcommand.Value<Float> presencePenalty;
  private final Subcommand.Value<Long> seed;

  public SamplerOptions(Subcommand command) {
    this.command = command;
    temperature =
        number(
            DEFAULTS.temperature(),
            "T",
            "Temperature; 0 always chooses the most likely token",
            "--temp",
            "--temperature");
    topK = count(DEFAULTS.topK(), "K", "Keep the K most likely tokens; 0 keeps all", "--top-k");
    topP =
        number(
            DEFAULTS.topP(),
            "P",
            "Keep the most likely tokens up to this total probability; 1 keeps all",
            "--top-p");
    minP =
        number(
            DEFAULTS.minP(),
            "P",
            "Keep tokens with at least P times the probability of the most likely one",
            "--min-p");
    typicalP =
        number(
            DEFAULTS.typicalP(),
            "P",
            "Locally typical sampling up to this total probability; 1 keeps all",
            "--typical-p",
            "--typical");
    topNSigma =
        number(
            DEFAULTS.topNSigma(),
            "X",
            "Keep logits within X standard deviations of the maximum; 0 keeps all",
            "--top-n-sigma",
            "--top-nsigma");
    repeatPenalty =
        number(
            DEFAULTS.repeatPenalty(),
            "X",
            "Divide the logits of recent tokens by X; 1 disables it",
            "--repeat-penalty");
    repeatLastN =
        count(
            DEFAULTS.repeatLastN(),
            "N",
            "Number of recent tokens that penalties apply to; -1 is all",
            "--repeat-last-n");
    frequencyPenalty =
        number(
            DEFAULTS.frequencyPenalty(),
            "X",
            "Subtract X from a recent token's logit for each occurrence",
            "--frequency-penalty");
    presencePenalty =
        number(
            DEFAULTS.presencePenalty(),
            "X",
            "Subtract X from a recent token's logit once",
            "--presence-penalty");
    seed =
        command.option(
            long.class,
            SamplingOptions.RANDOM_SEED,
            "N",
            "Seed of the random numbers; -1 chooses one" + DEFAULT,
            "-s",
            "--seed");
  }

  private Subcommand.Value<Float> number(
      float defaultValue, String label, String description, String... names) {
    return command.option(Float.class, null, label, description + defaultText(defaultValue), names);
  }

  private Subcommand.Value<Integer> count(
      int defaultValue, String label, String description, String... names) {
    return command.option(
        Integer.class, null, label, description + defaultText(defaultValue), names);
  }

  private static String defaultText(Number defaultValue) {
    return " (default: the model's, else " + defaultValue + ").";
  }

  /** Whether a seed is given. */
  public boolean hasSeed() {
    return seed.get() != SamplingOptions.RANDOM_SEED;
  }

  /** The options, with a random seed if none is given. Call it before any slow work. */
  public SamplingOptions options() {
    return Usage.check(
        command.spec,
        () -> {
          SamplingOptions options = applyTo(DEFAULTS).withSeed(seed.get());
          return hasSeed()
              ? options
              : options.withSeed(ThreadLocalRandom.current().nextInt() & Integer.MAX_VALUE);
        });
  }

  /**
   * The given options, and the model's recommended values for the others.
   *
   * @param checked the result of {@link #options}, for its seed
   */
  public SamplingOptions options(RecommendedSampling recommended, SamplingOptions checked) {
    SamplingOptions all = applyTo(recommended.options()).withSeed(checked.seed());
    if (all.isGreedy()) {
      UnusedOptions.note(
          command,
          "temperature 0 chooses the most likely token",
          topK,
          topP,
          minP,
          topNSigma,
          seed);
    }
    if (!all.hasPenalties()) {
      if (all.repeatLastN() == 0) {
        String reason = "--repeat-last-n 0 disables penalties";
        UnusedOptions.note(command, reason, repeatPenalty, frequencyPenalty, presencePenalty);
      } else {
        UnusedOptions.note(command, "no penalty is set", repeatLastN);
      }
    }
    return all;
  }

  private SamplingOptions applyTo(SamplingOptions base) {
    return base.withTemperature(orElse(temperature, base.temperature()))
        .withTopK(orElse(topK, base.topK()))
        .withTopP(orElse(topP, base.topP()))
        .withMinP(orElse(minP, base.minP()))
        .withTypicalP(orElse(typicalP, base.typicalP()))
        .withTopNSigma(orElse(topNSigma, base.topNSigma()))
        .withRepeatPenalty(orElse(repeatPenalty, base.repeatPenalty()))
        .withRepeatLastN(orElse(repeatLastN, base.repeatLastN()))
        .withFrequencyPenalty(orElse(frequencyPenalty, base.frequencyPenalty()))
        .withPresencePenalty(orElse(presencePenalty, base.presencePenalty()));
  }

  private static <T> T orElse(Subcommand.Value<T> given, T defaultValue) {
    return given.isSet() ? given.get() : defaultValue;
  }
}
