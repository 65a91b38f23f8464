package dev.myelin.train;

import dev.myelin.file.OutputFile;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.model.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A training run: steps, evaluations, checkpoints and early stopping. Not thread-safe, except
 * {@link #stop}.
 */
public final class TrainingRun implements AutoCloseable {
  private final TrainableModel trainable;
  private final TrainingOptions options;
  private final BatchSampler sampler;
  private final Optional<ValidationSet> validation;
  private final Path output;
  private final Path state;
  private final Trainer trainer;
  private final long textHash;
  private final int trainingTokens;
  private final int validationTokens;
  private final int targetTokens;
  private final List<String> notes;
  private History history = new History();
  private long savedStep;
  private volatile boolean stopped;

  /** Why a run ended. */
  public enum EndReason {
    /** All steps are done. */
    DONE,
    /** The validation loss no longer improved. */
    EARLY_STOPPING,
    /** {@link TrainingRun#stop} was called. */
    STOPPED
  }

  /** Receives the events of a run, in its thread. */
  public interface Listener {
    /** Called after a step. */
    default void step(History.Step step) {}

    /** Called after an evaluation; the model may be used until this returns. */
    default void evaluated(History.Evaluation evaluation) {}

    /** Called after a checkpoint; the run can be resumed from this step. */
    default void saved(long step) {}
  }

  /**
   * @param trainable the model to train; closed with the run
   * @param encoded the training and validation data; the latter may be empty
   * @param output the checkpoint to write
   * @param state the state file to write
   */
  TrainingRun(
      TrainableModel trainable,
      TrainingText.Encoded encoded,
      TrainingOptions options,
      Path output,
      Path state) {
    this.trainable = trainable;
    this.output = output;
    this.state = state;
    boolean wholeDocuments = options.data().wholeDocuments();
    int bos = trainable.model().tokenizer().vocabulary().bos().orElse(-1);
    BatchShape shape = options.shape();
    long seed = options.data().seed();
    int[] text = encoded.training().ids();
    int[] validationText = encoded.validation().ids();
    WindowRanges windows = windows(encoded.training(), wholeDocuments, bos, shape);
    sampler =
        windows == null
            ? new BatchSampler(text, shape, seed)
            : new BatchSampler(text, shape, seed, windows);
    this.options = options.withStepsOfEpochs(sampler.stepsPerEpoch());
    validation =
        options.intervals().evaluateEvery() == 0 || validationText.length == 0
            ? Optional.empty()
            : Optional.of(validation(encoded.validation(), wholeDocuments, bos, shape));
    trainingTokens = text.length;
    validationTokens = validationText.length;
    targetTokens = encoded.training().targetCount();
    notes = encoded.notes();
    textHash = Arrays.hashCode(text) * 31L + Arrays.hashCode(validationText);
    trainer =
        new Trainer(trainable.model(), trainable.parameters(), this.options, encoded.masked());
  }

  private static @Nullable WindowRanges windows(
      TrainingText.Tokens text, boolean wholeDocuments, int bos, BatchShape shape) {
    if (text.windows() != null) {
      return ChatText.cutIntoWindows(text, shape);
    }
    return wholeDocuments
        ? WindowRanges.withoutPadding(DocumentStarts.find(text.ids(), bos, shape))
        : null;
  }

  private static ValidationSet validation(
      TrainingText.Tokens text, boolean wholeDocuments, int bos, BatchShape shape) {
    WindowRanges windows = windows(text, wholeDocuments, bos, shape);
    return windows == null
        ? new ValidationSet(text.ids(), shape)
        : new ValidationSet(text.ids(), shape, windows);
  }

  /** Restores the state of an earlier run. */
  void restore(GgufFile file) {
    StateFile.restore(file, trainer, textHash);
    history = StateFile.history(file);
    savedStep = history.step();
  }

  /** The model in training; its weights change with every step. */
  public Model model() {
    return trainable.model();
  }

  public TrainingOptions options() {
    return options;
  }

  public History history() {
    return history;
  }

  /** Number of trained parameters. */
  public long parameters() {
    return trainable.parameters().stream().mapToLong(t -> t.elements()).sum();
  }

  /** Number of tokens of the training text. */
  public int trainingTokens() {
    return trainingTokens;
  }

  /** Number of training tokens that count in the loss. */
  public int targetTokens() {
    return targetTokens;
  }

  /** Notes for users about the text, one sentence each. */
  public List<String> notes() {
    return notes;
  }

  /** Number of tokens of the validation text. */
  public int validationTokens() {
    return validationTokens;
  }

  /** Number of steps per epoch. */
  public long stepsPerEpoch() {
    return sampler.stepsPerEpoch();
  }

  /** Stops the run after the current step; a checkpoint is saved. */
  public void stop() {
    stopped = true;
  }

  /**
   * Runs all remaining steps.
   *
   * @throws dev.myelin.error.MyelinException if training diverges, or a file cannot be written;
   *     earlier checkpoints remain
   */
  public EndReason run(Listener listener) {
    checkDiskSpace();
    if (validation.isPresent() && history.evaluations().isEmpty()) {
      evaluate(listener);
    }
    EndReason end = endReason();
    while (end == null) {
      long number = history.step() + 1;
      History.Step step = trainer.step(sampler.batch(number), number);
      history.add(step);
      listener.step(step);
      boolean last = number == options.steps();
      if (validation.isPresent() && (last || isDue(number, options.intervals().evaluateEvery()))) {
        evaluate(listener);
      }
      end = endReason();
      if (end != null || isDue(number, options.intervals().checkpointEvery())) {
        save(listener);
      }
    }
    if (history.step() > savedStep) {
      save(listener);
    }
    return end;
  }

  /**
   * Checks before the first step that the files can be written. An old file is kept until its
   * replacement is complete.
   */
  private void checkDiskSpace() {
    long modelSize = trainable.checkpointBytes();
    long stateSize = stateFile().size();
    long existingSize = size(output) + size(state);
    OutputFile.check(output, 0);
    OutputFile.check(
        state, Math.max(0, modelSize + stateSize + Math.max(modelSize, stateSize) - existingSize));
  }

  private static long size(Path file) {
    try {
      return Files.isRegularFile(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  private GgufWriter stateFile() {
    GgufWriter out = new GgufWriter();
    trainable.putState(out);
    StateFile.putState(out, trainer, options, history, textHash);
    return out;
  }

  private @Nullable EndReason endReason() {
    if (history.step() >= options.steps()) {
      return EndReason.DONE;
    }
    if (options.intervals().patience() > 0
        && history.evaluationsSinceBest() >= options.intervals().patience()) {
      return EndReason.EARLY_STOPPING;
    }
    return stopped ? EndReason.STOPPED : null;
  }

  private static boolean isDue(long step, int every) {
    return every > 0 && step % every == 0;
  }

  private void evaluate(Listener listener) {
    float loss = trainer.validationLoss(validation.orElseThrow());
    History.Evaluation evaluation = new History.Evaluation(history.step(), loss);
    history.add(evaluation);
    if (keepsBest() && evaluation.equals(history.best())) {
      trainable.write(output);
    }
    listener.evaluated(evaluation);
  }

  private boolean keepsBest() {
    return options.intervals().patience() > 0 && validation.isPresent();
  }

  private void save(Listener listener) {
    if (history.step() == savedStep) {
      return;
    }
    stateFile().write(state);
    if (!keepsBest()) {
      trainable.write(output);
    }
    savedStep = history.step();
    listener.saved(savedStep);
  }

  @Override
  public void close() {
    trainer.close();
    trainable.close();
  }
}
