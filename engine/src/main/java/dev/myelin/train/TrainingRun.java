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

/**
 * A run of training: steps, measurements of the held-out loss, checkpoints, an early end. Used by
 * one thread; {@link #stop} may be called from anywhere.
 */
public final class TrainingRun implements AutoCloseable {
  private final Learned learned;
  private final TrainingOptions options;
  private final Windows windows;
  private final Optional<HeldOut> heldOut;
  private final Path output;
  private final Path state;
  private final Learner learner;
  private final long textHash;
  private final int textTokens;
  private final int heldOutTokens;
  private final int learnedTokens;
  private final List<String> notes;
  private History history = new History();
  private long saved;
  private volatile boolean stopped;

  /** How a run ended. */
  public enum End {
    /** All its steps are done. */
    DONE,
    /** The held-out loss did not improve any more. */
    PATIENCE,
    /** {@link TrainingRun#stop} was called. */
    STOPPED
  }

  /** Is told what happens. Calls come from the thread that runs. */
  public interface Listener {
    /** A step is done. */
    default void step(History.Step step) {}

    /** The held-out loss was measured; the model may be used until this returns. */
    default void evaluated(History.Evaluation evaluation) {}

    /** The run can be resumed from here. */
    default void saved(long step) {}
  }

  /**
   * @param learned becomes the run's, which closes it
   * @param encoded what is learned, and what the loss is measured on: none if empty
   * @param output the checkpoint that the run makes
   * @param state the file that an interrupted run goes on from
   */
  TrainingRun(
      Learned learned,
      TrainingText.Encoded encoded,
      TrainingOptions options,
      Path output,
      Path state) {
    this.learned = learned;
    this.output = output;
    this.state = state;
    boolean whole = options.text().wholeDocuments();
    int bos = learned.model().tokenizer().vocabulary().bos().orElse(-1);
    BatchShape shape = options.shape();
    long seed = options.text().seed();
    int[] text = encoded.training().ids();
    int[] heldOutText = encoded.heldOut().ids();
    Pieces pieces = pieces(encoded.training(), whole, bos, shape);
    windows =
        pieces == null ? new Windows(text, shape, seed) : new Windows(text, shape, seed, pieces);
    this.options = options.resolved(windows.stepsPerEpoch());
    heldOut =
        options.watch().evaluateEvery() == 0 || heldOutText.length == 0
            ? Optional.empty()
            : Optional.of(heldOut(encoded.heldOut(), whole, bos, shape));
    textTokens = text.length;
    heldOutTokens = heldOutText.length;
    learnedTokens = encoded.training().learned();
    notes = encoded.notes();
    textHash = Arrays.hashCode(text) * 31L + Arrays.hashCode(heldOutText);
    learner = new Learner(learned.model(), learned.parameters(), this.options, encoded.masked());
  }

  private static Pieces pieces(TrainingText.Tokens text, boolean whole, int bos, BatchShape shape) {
    if (text.pieces() != null) {
      return ChatText.windows(text, shape);
    }
    return whole ? Pieces.whole(Documents.starts(text.ids(), bos, shape)) : null;
  }

  private static HeldOut heldOut(
      TrainingText.Tokens text, boolean whole, int bos, BatchShape shape) {
    Pieces pieces = pieces(text, whole, bos, shape);
    return pieces == null ? new HeldOut(text.ids(), shape) : new HeldOut(text.ids(), shape, pieces);
  }

  /** Goes on from the state that an earlier run left. */
  void restore(GgufFile file) {
    StateFile.restore(file, learner, textHash);
    history = StateFile.history(file);
    saved = history.step();
  }

  /** The model that learns; its weights change with every step. */
  public Model model() {
    return learned.model();
  }

  public TrainingOptions options() {
    return options;
  }

  public History history() {
    return history;
  }

  /** Parameters that are learned. */
  public long parameters() {
    return learned.parameters().stream().mapToLong(t -> t.elements()).sum();
  }

  /** Tokens that are learned from. */
  public int textTokens() {
    return textTokens;
  }

  /** Of these, tokens that are not only read. */
  public int learnedTokens() {
    return learnedTokens;
  }

  /** What people should know about the text, a sentence each. */
  public List<String> notes() {
    return notes;
  }

  /** Tokens that are held out. */
  public int heldOutTokens() {
    return heldOutTokens;
  }

  /** Steps until every window of the text was seen once. */
  public long stepsPerEpoch() {
    return windows.stepsPerEpoch();
  }

  /** Ends the run after the step that is being computed; what was learned is saved. */
  public void stop() {
    stopped = true;
  }

  /**
   * Runs to the end.
   *
   * @throws dev.myelin.error.MyelinException if training diverges, or a file cannot be written;
   *     earlier checkpoints stay as they are
   */
  public End run(Listener listener) {
    requireRoom();
    if (heldOut.isPresent() && history.evaluations().isEmpty()) {
      evaluate(listener);
    }
    End end = end();
    while (end == null) {
      long number = history.step() + 1;
      History.Step step = learner.learn(windows.batch(number), number);
      history.add(step);
      listener.step(step);
      boolean last = number == options.steps();
      if (heldOut.isPresent() && (last || due(number, options.watch().evaluateEvery()))) {
        evaluate(listener);
      }
      end = end();
      if (end != null || due(number, options.watch().checkpointEvery())) {
        save(listener);
      }
    }
    if (history.step() > saved) {
      save(listener);
    }
    return end;
  }

  /**
   * Finds out before the first step whether the files can be written. While one is written, its
   * predecessor is still there.
   */
  private void requireRoom() {
    long model = learned.checkpointBytes();
    long all = stateFile().size();
    long earlier = size(output) + size(state);
    OutputFile.check(output, 0);
    OutputFile.check(state, Math.max(0, model + all + Math.max(model, all) - earlier));
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
    learned.describe(out);
    StateFile.describe(out, learner, options, history, textHash);
    return out;
  }

  private End end() {
    if (history.step() >= options.steps()) {
      return End.DONE;
    }
    if (options.watch().patience() > 0 && history.sinceBest() >= options.watch().patience()) {
      return End.PATIENCE;
    }
    return stopped ? End.STOPPED : null;
  }

  private static boolean due(long step, int every) {
    return every > 0 && step % every == 0;
  }

  private void evaluate(Listener listener) {
    float loss = learner.lossOf(heldOut.orElseThrow());
    History.Evaluation evaluation = new History.Evaluation(history.step(), loss);
    history.add(evaluation);
    if (keepsBest() && evaluation.equals(history.best())) {
      learned.write(output);
    }
    listener.evaluated(evaluation);
  }

  private boolean keepsBest() {
    return options.watch().patience() > 0 && heldOut.isPresent();
  }

  private void save(Listener listener) {
    if (history.step() == saved) {
      return;
    }
    stateFile().write(state);
    if (!keepsBest()) {
      learned.write(output);
    }
    saved = history.step();
    listener.saved(saved);
  }

  @Override
  public void close() {
    learner.close();
    learned.close();
  }
}
