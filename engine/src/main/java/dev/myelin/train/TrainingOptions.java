package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.Threads;

/**
 * Options of a training run. Immutable and thread-safe.
 *
 * @param shape the batch of a step
 * @param steps total number of steps, including those before a resume
 * @param epochs number of epochs; if above 0 it determines the steps
 * @param adamw the optimizer
 * @param data how the text is split and sampled
 * @param intervals steps between evaluations and checkpoints
 * @param threads number of threads, 1 to 512, limited to the cores of the process, see {@link
 *     Threads}
 * @param forceThreads whether to use more threads than cores, for measurements
 */
public record TrainingOptions(
    BatchShape shape,
    long steps,
    double epochs,
    AdamW adamw,
    Data data,
    Intervals intervals,
    int threads,
    boolean forceThreads) {

  private static final int MAX_TOKENS = 1 << 20;

  /**
   * @param seed seed of the order of windows and of the initial weights
   * @param validationFraction fraction of the text used for validation, 0 to 0.5
   * @param wholeDocuments whether every window starts at a document, so that the context contains
   *     what the text refers to; else windows start anywhere
   * @param parseSpecial whether control tokens in the text are parsed
   */
  public record Data(
      long seed, double validationFraction, boolean wholeDocuments, boolean parseSpecial) {
    /** Options for plain text. */
    public Data(long seed, double validationFraction, boolean wholeDocuments) {
      this(seed, validationFraction, wholeDocuments, false);
    }

    public Data {
      check(
          validationFraction >= 0 && validationFraction <= 0.5,
          "validation split",
          validationFraction,
          "0 to 0.5");
    }
  }

  /**
   * @param evaluateEvery steps between evaluations of the validation loss, 0 for none
   * @param checkpointEvery steps between checkpoints, 0 for only one at the end
   * @param patience evaluations without improvement before early stopping, 0 to disable it; with
   *     early stopping the best weights are kept, not the last
   */
  public record Intervals(int evaluateEvery, int checkpointEvery, int patience) {
    public Intervals {
      check(evaluateEvery >= 0, "evaluate every", evaluateEvery, "0 or more steps");
      check(checkpointEvery >= 0, "checkpoint every", checkpointEvery, "0 or more steps");
      check(patience >= 0, "patience", patience, "0 or more");
      check(patience == 0 || evaluateEvery > 0, "patience", patience, "0 without evaluations");
    }
  }

  public TrainingOptions {
    check(shape.sequences() >= 1, "batch", shape.sequences(), "1 or more");
    check(shape.context() >= 2, "context", shape.context(), "2 or more");
    long tokens = (long) shape.sequences() * shape.context();
    check(tokens <= MAX_TOKENS, "batch", shape.sequences(), "at most 2^20 tokens a step");
    check(steps >= 1 && steps <= 1L << 40, "steps", steps, "1 or more");
    check(epochs >= 0 && epochs <= 1e6, "epochs", epochs, "0 to 1000000");
    Threads.check(threads, 1);
  }

  /** Options with at most as many threads as cores. */
  public TrainingOptions(
      BatchShape shape,
      long steps,
      double epochs,
      AdamW adamw,
      Data text,
      Intervals watch,
      int threads) {
    this(shape, steps, epochs, adamw, text, watch, threads, false);
  }

  public TrainingOptions withForceThreads(boolean value) {
    return new TrainingOptions(shape, steps, epochs, adamw, data, intervals, threads, value);
  }

  /** Options with the number of steps computed from the epochs. */
  TrainingOptions withStepsOfEpochs(long stepsPerEpoch) {
    if (epochs == 0) {
      return this;
    }
    long all = (long) Math.max(1, Math.ceil(epochs * stepsPerEpoch));
    return new TrainingOptions(shape, all, 0, adamw, data, intervals, threads, forceThreads);
  }

  private static void check(boolean valid, String name, Number value, String expected) {
    if (!valid) {
      throw new InvalidRequestException(name + " = " + value + ": expected " + expected);
    }
  }
}
