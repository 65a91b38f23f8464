package dev.myelin.cli.options;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Unused;
import dev.myelin.cli.command.Usage;
import dev.myelin.sampling.RecommendedSampling;
import dev.myelin.sampling.SamplingOptions;
import java.util.concurrent.ThreadLocalRandom;

/** How tokens are chosen. */
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
            "Below 1 sharper, above 1 flatter, 0 always the likeliest token",
            "--temp",
            "--temperature");
    topK = count(DEFAULTS.topK(), "K", "Keep the K likeliest tokens, 0 all", "--top-k");
    topP =
        number(DEFAULTS.topP(), "P", "Keep the likeliest up to this probability, 1 all", "--top-p");
    minP =
        number(
            DEFAULTS.minP(),
            "P",
            "Keep those with this share of the likeliest's probability",
            "--min-p");
    typicalP =
        number(
            DEFAULTS.typicalP(),
            "P",
            "Keep those of typical surprise up to this probability, 1 all",
            "--typical-p",
            "--typical");
    topNSigma =
        number(
            DEFAULTS.topNSigma(),
            "X",
            "Keep logits within X deviations of the highest, 0 all",
            "--top-n-sigma",
            "--top-nsigma");
    repeatPenalty =
        number(
            DEFAULTS.repeatPenalty(),
            "X",
            "Divides the logits of recent tokens, 1 off",
            "--repeat-penalty");
    repeatLastN =
        count(
            DEFAULTS.repeatLastN(),
            "N",
            "How many recent tokens penalties look at, -1 all",
            "--repeat-last-n");
    frequencyPenalty =
        number(
            DEFAULTS.frequencyPenalty(),
            "X",
            "Taken off a recent token's logit each time it occurred",
            "--frequency-penalty");
    presencePenalty =
        number(
            DEFAULTS.presencePenalty(),
            "X",
            "Taken off a recent token's logit once",
            "--presence-penalty");
    seed =
        command.option(
            long.class,
            SamplingOptions.RANDOM_SEED,
            "N",
            "Same seed, same text; -1 chooses one" + DEFAULT,
            "-s",
            "--seed");
  }

  private Subcommand.Value<Float> number(
      float otherwise, String label, String description, String... names) {
    return command.option(Float.class, null, label, description + orElse(otherwise), names);
  }

  private Subcommand.Value<Integer> count(
      int otherwise, String label, String description, String... names) {
    return command.option(Integer.class, null, label, description + orElse(otherwise), names);
  }

  private static String orElse(Number otherwise) {
    return " (default: the model's, else " + otherwise + ").";
  }

  /** The options, with a seed chosen where none is given; call it before anything takes time. */
  public SamplingOptions options() {
    return Usage.check(
        command.spec,
        () -> {
          SamplingOptions given = over(DEFAULTS).withSeed(seed.get());
          return seed.get() == SamplingOptions.RANDOM_SEED
              ? given.withSeed(ThreadLocalRandom.current().nextInt() & Integer.MAX_VALUE)
              : given;
        });
  }

  /**
   * The options given, and what a model's file recommends where none is.
   *
   * @param checked what {@link #options} gave, for its seed
   */
  public SamplingOptions options(RecommendedSampling recommended, SamplingOptions checked) {
    SamplingOptions all = over(recommended.options()).withSeed(checked.seed());
    if (all.isGreedy()) {
      Unused.note(
          command, "temperature 0 takes the likeliest token", topK, topP, minP, topNSigma, seed);
    }
    if (!all.hasPenalties()) {
      if (all.repeatLastN() == 0) {
        String why = "--repeat-last-n 0 looks at no tokens";
        Unused.note(command, why, repeatPenalty, frequencyPenalty, presencePenalty);
      } else {
        Unused.note(command, "there is no penalty", repeatLastN);
      }
    }
    return all;
  }

  private SamplingOptions over(SamplingOptions others) {
    return others
        .withTemperature(or(temperature, others.temperature()))
        .withTopK(or(topK, others.topK()))
        .withTopP(or(topP, others.topP()))
        .withMinP(or(minP, others.minP()))
        .withTypicalP(or(typicalP, others.typicalP()))
        .withTopNSigma(or(topNSigma, others.topNSigma()))
        .withRepeatPenalty(or(repeatPenalty, others.repeatPenalty()))
        .withRepeatLastN(or(repeatLastN, others.repeatLastN()))
        .withFrequencyPenalty(or(frequencyPenalty, others.frequencyPenalty()))
        .withPresencePenalty(or(presencePenalty, others.presencePenalty()));
  }

  private static <T> T or(Subcommand.Value<T> given, T otherwise) {
    return given.isSet() ? given.get() : otherwise;
  }
}
