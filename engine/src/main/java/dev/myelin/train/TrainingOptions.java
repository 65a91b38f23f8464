package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.Threads;

/**
 * How a run goes.
 *
 * @param shape what a step computes together
 * @param steps how many steps there are, from the very first on
 * @param epochs how often the whole text is seen; above 0 it decides the steps once the text is
 *     read
 * @param adamw the optimiser
 * @param text which part of the text is seen when
 * @param watch how often a run looks at what it has learned
 * @param threads threads that compute, 1 to 512. More than this process has cores are not started,
 *     see {@link Threads}
 * @param forceThreads whether they are started all the same, for measurements
 */
public record TrainingOptions(
    BatchShape shape,
    long steps,
    double epochs,
    AdamW adamw,
    Text text,
    Watch watch,
    int threads,
    boolean forceThreads) {

  private static final int MOST_TOKENS = 1 << 20;

  /**
   * @param seed chooses the windows' order, and a new model's weights
   * @param heldOut share of the text that is measured on rather than learned, 0 to 0.5
   * @param wholeDocuments whether every window begins where a document does, so that what a text
   *     refers back to is in sight; else the text is cut anywhere
   * @param parseSpecial whether the text may name control tokens; else it is plain text
   */
  public record Text(long seed, double heldOut, boolean wholeDocuments, boolean parseSpecial) {
    /** Of plain text. */
    public Text(long seed, double heldOut, boolean wholeDocuments) {
      this(seed, heldOut, wholeDocuments, false);
    }

    public Text {
      check(heldOut >= 0 && heldOut <= 0.5, "held out", heldOut, "0 to 0.5");
    }
  }

  /**
   * @param evaluateEvery steps between measurements of the held-out loss, 0 for none
   * @param checkpointEvery steps between checkpoints, 0 for the last one only
   * @param patience measurements in a row without a new best one that end the run, 0 for no end;
   *     with it the best weights are kept rather than the last
   */
  public record Watch(int evaluateEvery, int checkpointEvery, int patience) {
    public Watch {
      check(evaluateEvery >= 0, "evaluate every", evaluateEvery, "0 or more steps");
      check(checkpointEvery >= 0, "checkpoint every", checkpointEvery, "0 or more steps");
      check(patience >= 0, "patience", patience, "0 or more");
      check(
          patience == 0 || evaluateEvery > 0, "patience", patience, "0 where nothing is evaluated");
    }
  }

  public TrainingOptions {
    check(shape.sequences() >= 1, "batch", shape.sequences(), "1 or more");
    check(shape.context() >= 2, "context", shape.context(), "2 or more");
    long tokens = (long) shape.sequences() * shape.context();
    check(tokens <= MOST_TOKENS, "batch", shape.sequences(), "at most 2^20 tokens a step");
    check(steps >= 1 && steps <= 1L << 40, "steps", steps, "1 or more");
    check(epochs >= 0 && epochs <= 1e6, "epochs", epochs, "0 to 1000000");
    Threads.check(threads, 1);
  }

  /** With no more threads than cores. */
  public TrainingOptions(
      BatchShape shape,
      long steps,
      double epochs,
      AdamW adamw,
      Text text,
      Watch watch,
      int threads) {
    this(shape, steps, epochs, adamw, text, watch, threads, false);
  }

  public TrainingOptions withForceThreads(boolean value) {
    return new TrainingOptions(shape, steps, epochs, adamw, text, watch, threads, value);
  }

  /** With the steps that the epochs take. */
  TrainingOptions resolved(long stepsPerEpoch) {
    if (epochs == 0) {
      return this;
    }
    long all = (long) Math.max(1, Math.ceil(epochs * stepsPerEpoch));
    return new TrainingOptions(shape, all, 0, adamw, text, watch, threads, forceThreads);
  }

  private static void check(boolean holds, String name, Number value, String expected) {
    if (!holds) {
      throw new InvalidRequestException(name + " = " + value + ": expected " + expected);
    }
  }
}
