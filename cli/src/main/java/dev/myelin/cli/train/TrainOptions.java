package dev.myelin.cli.train;

import dev.myelin.cli.command.Subcommand;
import dev.myelin.cli.command.Usage;
import dev.myelin.cli.options.ThreadOptions;
import dev.myelin.natives.KernelsLibrary;
import dev.myelin.train.AdamW;
import dev.myelin.train.BatchShape;
import dev.myelin.train.TrainingOptions;
import dev.myelin.train.TrainingOptions.Data;
import dev.myelin.train.TrainingOptions.Intervals;

/** The options of training. A resumed run keeps the options that are not given. */
final class TrainOptions {
  private static final AdamW USUAL = AdamW.DEFAULT;
  private static final TrainingOptions DEFAULTS =
      new TrainingOptions(
          new BatchShape(8, 256),
          1000,
          0,
          USUAL,
          new Data(1, 0.05, false),
          new Intervals(100, 100, 0),
          1);

  private final Subcommand command;
  private final Subcommand.Value<Integer> batch;
  private final Subcommand.Value<Integer> context;
  private final Subcommand.Value<Long> steps;
  private final Subcommand.Value<Double> epochs;
  private final Subcommand.Value<Float> rate;
  private final Subcommand.Value<Float> finalRate;
  private final Subcommand.Value<Integer> warmup;
  private final Subcommand.Value<Float> decay;
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
    steps = command.option(Long.class, null, "N", text("Steps", DEFAULTS.steps()), "-n", "--steps");
    epochs =
        command.option(
            Double.class, null, "X", "Number of epochs, instead of --steps.", "--epochs");
    rate = number("Maximum learning rate", USUAL.learningRate(), "--lr", "--learning-rate");
    finalRate =
        command.option(
            Float.class,
            null,
            "X",
            "Learning rate of the last step, after cosine decay (default: a tenth of the maximum).",
            "--final-lr");
    warmup = count("Steps of linear warmup", USUAL.warmup(), "--warmup");
    decay = number("Weight decay of matrices", USUAL.weightDecay(), "--weight-decay");
    beta1 = number("Decay rate of the first moment", USUAL.beta1(), "--beta1");
    beta2 = number("Decay rate of the second moment", USUAL.beta2(), "--beta2");
    clip = number("Maximum norm of the gradients", USUAL.clip(), "--clip");
    validationFraction =
        command.option(
            Double.class,
            null,
            "X",
            text("Fraction of the text for validation", DEFAULTS.data().validationFraction()),
            "--val-split");
    wholeDocuments =
        command.flag(
            "Start every sequence at a document, rather than anywhere.", "--whole-documents");
    parseSpecial =
        command.flag(
            "Names of special tokens in the text, such as <|im_end|>, are these tokens.",
            "--parse-special");
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
            "Evaluations without a new best loss before early stopping, 0 for none; keeps the"
                + " best weights",
            DEFAULTS.intervals().patience(),
            "--patience");
    seed =
        command.option(
            Long.class,
            null,
            "N",
            text("Same seed, same model", DEFAULTS.data().seed()),
            "-s",
            "--seed");
    threads = new ThreadOptions(command);
  }

  private static String text(String description, Object otherwise) {
    return description + " (default: " + otherwise + ").";
  }

  private Subcommand.Value<Integer> count(String description, int otherwise, String... names) {
    return command.option(Integer.class, null, "N", text(description, otherwise), names);
  }

  private Subcommand.Value<Float> number(String description, float otherwise, String... names) {
    return command.option(Float.class, null, "X", text(description, otherwise), names);
  }

  int threads() {
    int count = threads.count();
    return count == 0 ? KernelsLibrary.physicalCores() : count;
  }

  /** Options of a new run. */
  TrainingOptions options() {
    return over(DEFAULTS);
  }

  /** Those of an earlier run, but for what is given now. */
  TrainingOptions over(TrainingOptions earlier) {
    AdamW a = earlier.adamw();
    boolean newRate = rate.isSet();
    if (epochs.isSet() && steps.isSet()) {
      throw Usage.wrong(command.spec, "--steps and --epochs: expected one of them");
    }
    return Usage.check(
        command.spec,
        () ->
            new TrainingOptions(
                new BatchShape(
                    either(batch, earlier.shape().sequences()),
                    either(context, earlier.shape().context())),
                either(steps, earlier.steps()),
                either(epochs, 0.0),
                new AdamW(
                    either(rate, a.learningRate()),
                    either(finalRate, newRate ? rate.get() / 10 : a.finalLearningRate()),
                    either(warmup, a.warmup()),
                    either(beta1, a.beta1()),
                    either(beta2, a.beta2()),
                    a.epsilon(),
                    either(decay, a.weightDecay()),
                    either(clip, a.clip())),
                new Data(
                    either(seed, earlier.data().seed()),
                    either(validationFraction, earlier.data().validationFraction()),
                    wholeDocuments.get() || earlier.data().wholeDocuments(),
                    parseSpecial.get() || earlier.data().parseSpecial()),
                new Intervals(
                    either(evaluateEvery, earlier.intervals().evaluateEvery()),
                    either(checkpointEvery, earlier.intervals().checkpointEvery()),
                    either(patience, earlier.intervals().patience())),
                threads(),
                threads.forced()));
  }

  /** Refuses what would make another text of that which a resumed run began with. */
  void requireSameText(TrainingOptions earlier) {
    Usage.requireSame(command, validationFraction, earlier.data().validationFraction());
    if (parseSpecial.get() && !earlier.data().parseSpecial()) {
      throw Usage.wrong(
          command.spec,
          "--parse-special: the run to resume began with special tokens as plain text");
    }
  }

  /** Refuses what has no meaning for conversations. */
  void requireForChat() {
    if (wholeDocuments.get()) {
      throw Usage.wrong(
          command.spec, "--whole-documents with --chat: windows begin with conversations anyway");
    }
    if (parseSpecial.get()) {
      throw Usage.wrong(
          command.spec,
          "--parse-special with --chat: the template's own special tokens are tokens anyway");
    }
  }

  private static <T> T either(Subcommand.Value<T> given, T otherwise) {
    return given.isSet() ? given.get() : otherwise;
  }
}
