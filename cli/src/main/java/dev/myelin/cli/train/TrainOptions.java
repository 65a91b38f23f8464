package dev.myelin.cli.train;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.options.ThreadOptions;
import dev.myelin.natives.CpuInfo;
import dev.myelin.train.AdamW;
import dev.myelin.train.BatchShape;
import dev.myelin.train.TrainingOptions;
import dev.myelin.train.TrainingOptions.Data;
import dev.myelin.train.TrainingOptions.Intervals;

/** Training parameters. A resumed run keeps the values that are not given. */
final class TrainOptions {
  private static final AdamW ADAMW = AdamW.DEFAULT;
  private static final TrainingOptions DEFAULTS =
      new TrainingOptions(
          new BatchShape(8, 256),
          1000,
          0,
          ADAMW,
          new Data(1, 0.05, false),
          new Intervals(100, 100, 0),
          1);

  private final Subcommand command;
  private final Subcommand.Value<Integer> batch;
  private final Subcommand.Value<Integer> context;
  private final Subcommand.Value<Long> steps;
  private final Subcommand.Value<Double> epochs;
  private final Subcommand.Value<Float> learningRate;
  private final Subcommand.Value<Float> minLearningRate;
  private final Subcommand.Value<Integer> warmup;
  private final Subcommand.Value<Float> weightDecay;
  private final Subcommand.Value<Float> beta1;
  private final Subcommand.Value<Float> beta2;
  private final Subcommand.Value<Float> clip;
  private final Subcommand.Value<Double> validationFraction;
  private final Subcommand.Value<Boolean> wholeDocuments;
  private final Subcommand.Value<Boolean> parseSpecial;
  private final Subcommand.Value<Integer> evaluateEvery;
  private final Subcommand.Value<Integer> checkpointEvery;
  private final Subcommand.Value<Integer> patience;
  private final Subcommand.Value<Long> seed;
  private final ThreadOptions threads;

  TrainOptions(Subcommand command) {
    this.command = command;
    batch = count("Sequences per step", DEFAULTS.shape().sequences(), "-b", "--batch");
    context = count("Tokens per sequence", DEFAULTS.shape().context(), "-c", "--ctx-size");
    steps =
        command.option(
            Long.class,
            null,
            "N",
            withDefault("Number of steps", DEFAULTS.steps()),
            "-n",
            "--steps");
    epochs =
        command.option(
            Double.class,
            null,
            "X",
            "Number of passes over the text, instead of --steps.",
            "--epochs");
    learningRate = number("Maximum learning rate", ADAMW.learningRate(), "--lr", "--learning-rate");
    minLearningRate =
        command.option(
            Float.class,
            null,
            "X",
            "Minimum learning rate, at the end of the cosine schedule (default: --lr /" + " 10).",
            "--min-lr");
    warmup = count("Warmup steps, in which the learning rate rises", ADAMW.warmup(), "--warmup");
    weightDecay = number("Weight decay of matrices", ADAMW.weightDecay(), "--weight-decay");
    beta1 = number("Decay of AdamW's first moment", ADAMW.beta1(), "--beta1");
    beta2 = number("Decay of AdamW's second moment", ADAMW.beta2(), "--beta2");
    clip = number("Maximum norm of the gradients", ADAMW.clip(), "--grad-clip");
    validationFraction =
        command.option(
            Double.class,
            null,
            "X",
            withDefault(
                "Fraction of the text used for validation", DEFAULTS.data().validationFraction()),
            "--val-split");
    wholeDocuments =
        command.flag("Start every sequence at the start of a document.", "--whole-documents");
    parseSpecial =
        command.flag("Parse special tokens in the text, such as <|im_end|>.", "--parse-special");
    evaluateEvery =
        count(
            "Steps between evaluations of the validation loss, 0 for none",
            DEFAULTS.intervals().evaluateEvery(),
            "--evaluate-every");
    checkpointEvery =
        count(
            "Steps between checkpoints, 0 for none",
            DEFAULTS.intervals().checkpointEvery(),
            "--checkpoint-every");
    patience =
        count(
            "Stop after N evaluations without a better validation loss and keep the best weights; 0"
                + " never stops",
            DEFAULTS.intervals().patience(),
            "--patience");
    seed =
        command.option(
            Long.class,
            null,
            "N",
            withDefault("Seed of the random numbers", DEFAULTS.data().seed()),
            "-s",
            "--seed");
    threads = new ThreadOptions(command);
  }

  private static String withDefault(String description, Object defaultValue) {
    return description + " (default: " + defaultValue + ").";
  }

  private Subcommand.Value<Integer> count(String description, int defaultValue, String... names) {
    return command.option(Integer.class, null, "N", withDefault(description, defaultValue), names);
  }

  private Subcommand.Value<Float> number(String description, float defaultValue, String... names) {
    return command.option(Float.class, null, "X", withDefault(description, defaultValue), names);
  }

  int threads() {
    int count = threads.count();
    return count == 0 ? CpuInfo.physicalCores() : count;
  }

  /** The options of a new run. */
  TrainingOptions options() {
    return applyTo(DEFAULTS);
  }

  /** The options of an earlier run, overridden by the given ones. */
  TrainingOptions applyTo(TrainingOptions earlier) {
    AdamW a = earlier.adamw();
    boolean hasNewRate = learningRate.isSet();
    if (epochs.isSet() && steps.isSet()) {
      throw Usage.error(command.spec, "--steps and --epochs: expected one of them");
    }
    return Usage.check(
        command.spec,
        () ->
            new TrainingOptions(
                new BatchShape(
                    orElse(batch, earlier.shape().sequences()),
                    orElse(context, earlier.shape().context())),
                orElse(steps, earlier.steps()),
                orElse(epochs, 0.0),
                new AdamW(
                    orElse(learningRate, a.learningRate()),
                    orElse(
                        minLearningRate,
                        hasNewRate ? learningRate.get() / 10 : a.finalLearningRate()),
                    orElse(warmup, a.warmup()),
                    orElse(beta1, a.beta1()),
                    orElse(beta2, a.beta2()),
                    a.epsilon(),
                    orElse(weightDecay, a.weightDecay()),
                    orElse(clip, a.clip())),
                new Data(
                    orElse(seed, earlier.data().seed()),
                    orElse(validationFraction, earlier.data().validationFraction()),
                    wholeDocuments.get() || earlier.data().wholeDocuments(),
                    parseSpecial.get() || earlier.data().parseSpecial()),
                new Intervals(
                    orElse(evaluateEvery, earlier.intervals().evaluateEvery()),
                    orElse(checkpointEvery, earlier.intervals().checkpointEvery()),
                    orElse(patience, earlier.intervals().patience())),
                threads(),
                threads.isForced()));
  }

  /** Rejects options that would change the text of a resumed run. */
  void requireSameText(TrainingOptions earlier) {
    Usage.requireSame(command, validationFraction, earlier.data().validationFraction());
    if (parseSpecial.get() && !earlier.data().parseSpecial()) {
      throw Usage.error(command.spec, "--parse-special: the run was started without it");
    }
  }

  /** Rejects options that do not apply to conversations. */
  void requireForChat() {
    if (wholeDocuments.get()) {
      throw Usage.error(
          command.spec,
          "--whole-documents with --chat: sequences always start with a conversation");
    }
    if (parseSpecial.get()) {
      throw Usage.error(
          command.spec,
          "--parse-special with --chat: the template's special tokens are always parsed");
    }
  }

  private static <T> T orElse(Subcommand.Value<T> given, T defaultValue) {
    return given.isSet() ? given.get() : defaultValue;
  }
}
