package dev.myelin.cli;

import dev.myelin.sampling.SamplingOptions;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How tokens are chosen. */
final class SamplingFlags {
  private static final SamplingOptions DEFAULTS = SamplingOptions.defaults();

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"--temp", "--temperature"},
      paramLabel = "T",
      description =
          "Below 1 sharper, above 1 flatter, 0 always the likeliest token (default: 0.8).")
  private float temperature = DEFAULTS.temperature();

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Keep the K likeliest tokens, 0 all (default: ${DEFAULT-VALUE}).")
  private int topK = DEFAULTS.topK();

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Keep the likeliest up to this probability, 1 all (default: ${DEFAULT-VALUE}).")
  private float topP = DEFAULTS.topP();

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "Keep those with this share of the likeliest's probability (default: 0.05).")
  private float minP = DEFAULTS.minP();

  @Option(
      names = "--repeat-penalty",
      paramLabel = "X",
      description = "Divides the logits of recent tokens, 1 off (default: ${DEFAULT-VALUE}).")
  private float repeatPenalty = DEFAULTS.repeatPenalty();

  @Option(
      names = "--repeat-last-n",
      paramLabel = "N",
      description = "How many recent tokens penalties look at, -1 all (default: ${DEFAULT-VALUE}).")
  private int repeatLastN = DEFAULTS.repeatLastN();

  @Option(
      names = "--frequency-penalty",
      paramLabel = "X",
      description = "Taken off a recent token's logit each time it occurred (default: 0).")
  private float frequencyPenalty;

  @Option(
      names = "--presence-penalty",
      paramLabel = "X",
      description = "Taken off a recent token's logit once (default: 0).")
  private float presencePenalty;

  @Option(
      names = {"-s", "--seed"},
      paramLabel = "N",
      description = "Same seed, same text; -1 chooses one (default: ${DEFAULT-VALUE}).")
  private long seed = SamplingOptions.RANDOM_SEED;

  /** The options, with a seed chosen where none is given. */
  SamplingOptions options() {
    return Usage.check(
        command,
        () -> {
          SamplingOptions given =
              DEFAULTS
                  .withTemperature(temperature)
                  .withTopK(topK)
                  .withTopP(topP)
                  .withMinP(minP)
                  .withRepeatPenalty(repeatPenalty)
                  .withRepeatLastN(repeatLastN)
                  .withFrequencyPenalty(frequencyPenalty)
                  .withPresencePenalty(presencePenalty)
                  .withSeed(seed);
          return seed == SamplingOptions.RANDOM_SEED
              ? given.withSeed(ThreadLocalRandom.current().nextInt() & Integer.MAX_VALUE)
              : given;
        });
  }
}
