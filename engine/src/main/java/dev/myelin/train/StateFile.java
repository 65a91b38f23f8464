package dev.myelin.train;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValueType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.gguf.Metadata;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.graph.Tensor;
import java.util.List;

/**
 * The state file, from which a run is resumed: a GGUF file with the trained tensors, the
 * optimizer's moments ({@code optimizer.m.NAME}, {@code optimizer.v.NAME}), the options, the
 * history and a hash of the text. It is written atomically.
 */
final class StateFile {
  private static final int VERSION = 1;
  private static final String PREFIX = "training.";
  private static final String FIRST_MOMENT = "optimizer.m.";
  private static final String SECOND_MOMENT = "optimizer.v.";
  private static final long MAX_STEPS = 1 << 23;

  private StateFile() {}

  /**
   * Adds the state of a run.
   *
   * @param textHash hash of the training tokens
   */
  static void putState(
      GgufWriter out, Trainer trainer, TrainingOptions options, History history, long textHash) {
    out.put(PREFIX + "version", VERSION).put(PREFIX + "text_hash", GgufValueType.I64, textHash);
    putOptions(out, options);
    putHistory(out, history);
    for (Tensor p : trainer.parameters()) {
      Moments.Pair moments = trainer.moments().of(p);
      put(out, p.name(), p, p);
      put(out, FIRST_MOMENT + p.name(), p, moments.m());
      put(out, SECOND_MOMENT + p.name(), p, moments.v());
    }
  }

  /** Adds a tensor with the values of one tensor and the shape of another. */
  static void put(GgufWriter out, String name, Tensor like, Tensor values) {
    out.tensor(name, GgmlType.F32, like.shape(), values.data());
  }

  private static void putOptions(GgufWriter out, TrainingOptions o) {
    AdamW a = o.adamw();
    out.put(PREFIX + "batch", o.shape().sequences())
        .put(PREFIX + "context", o.shape().context())
        .put(PREFIX + "steps", o.steps())
        .put(PREFIX + "seed", GgufValueType.I64, o.data().seed())
        .put(PREFIX + "held_out", o.data().validationFraction())
        .put(PREFIX + "whole_documents", o.data().wholeDocuments())
        .put(PREFIX + "parse_special", o.data().parseSpecial())
        .put(PREFIX + "evaluate_every", o.intervals().evaluateEvery())
        .put(PREFIX + "checkpoint_every", o.intervals().checkpointEvery())
        .put(PREFIX + "patience", o.intervals().patience())
        .put(PREFIX + "learning_rate", a.learningRate())
        .put(PREFIX + "final_learning_rate", a.finalLearningRate())
        .put(PREFIX + "warmup", a.warmup())
        .put(PREFIX + "beta1", a.beta1())
        .put(PREFIX + "beta2", a.beta2())
        .put(PREFIX + "epsilon", a.epsilon())
        .put(PREFIX + "weight_decay", a.weightDecay())
        .put(PREFIX + "clip", a.clip());
  }

  /** The options of the run that wrote a file, except the threads. */
  static TrainingOptions options(GgufFile file, int threads) {
    Metadata m = file.metadata();
    if (m.u32(PREFIX + "version") != VERSION) {
      throw m.error(PREFIX + "version", String.valueOf(VERSION));
    }
    AdamW adamw =
        new AdamW(
            m.f32(PREFIX + "learning_rate"),
            m.f32(PREFIX + "final_learning_rate"),
            m.u32(PREFIX + "warmup"),
            m.f32(PREFIX + "beta1"),
            m.f32(PREFIX + "beta2"),
            m.f32(PREFIX + "epsilon"),
            m.f32(PREFIX + "weight_decay"),
            m.f32(PREFIX + "clip"));
    return new TrainingOptions(
        new BatchShape(m.u32(PREFIX + "batch"), m.u32(PREFIX + "context")),
        m.i64(PREFIX + "steps"),
        0,
        adamw,
        new TrainingOptions.Data(
            m.i64(PREFIX + "seed"),
            m.f64(PREFIX + "held_out"),
            m.bool(PREFIX + "whole_documents", false),
            m.bool(PREFIX + "parse_special", false)),
        new TrainingOptions.Intervals(
            m.u32(PREFIX + "evaluate_every"),
            m.u32(PREFIX + "checkpoint_every"),
            m.u32(PREFIX + "patience")),
        threads);
  }

  private static void putHistory(GgufWriter out, History history) {
    List<History.Step> steps = history.steps();
    float[][] columns = new float[4][steps.size()];
    for (int i = 0; i < steps.size(); i++) {
      History.Step s = steps.get(i);
      columns[0][i] = s.loss();
      columns[1][i] = s.gradientNorm();
      columns[2][i] = s.learningRate();
      columns[3][i] = s.seconds();
    }
    List<History.Evaluation> evaluations = history.evaluations();
    long[] evaluatedSteps = new long[evaluations.size()];
    float[] losses = new float[evaluations.size()];
    for (int i = 0; i < evaluatedSteps.length; i++) {
      evaluatedSteps[i] = evaluations.get(i).step();
      losses[i] = evaluations.get(i).loss();
    }
    out.put(PREFIX + "losses", columns[0])
        .put(PREFIX + "norms", columns[1])
        .put(PREFIX + "rates", columns[2])
        .put(PREFIX + "seconds", columns[3])
        .put(PREFIX + "evaluated_steps", evaluatedSteps)
        .put(PREFIX + "evaluated_losses", losses);
  }

  /** The history of the run that wrote a file. */
  static History history(GgufFile file) {
    Metadata m = file.metadata();
    GgufArray losses = m.array(PREFIX + "losses");
    GgufArray norms = m.array(PREFIX + "norms");
    GgufArray rates = m.array(PREFIX + "rates");
    GgufArray seconds = m.array(PREFIX + "seconds");
    GgufArray evaluatedSteps = m.array(PREFIX + "evaluated_steps");
    GgufArray evaluatedLosses = m.array(PREFIX + "evaluated_losses");
    int steps = losses.size();
    boolean fits =
        steps < MAX_STEPS
            && norms.size() == steps
            && rates.size() == steps
            && seconds.size() == steps
            && evaluatedSteps.size() == evaluatedLosses.size();
    if (!fits) {
      throw m.error(PREFIX + "losses", "as many values as the other arrays of the history");
    }
    History history = new History();
    for (int i = 0; i < steps; i++) {
      history.add(
          new History.Step(i + 1L, losses.f32(i), norms.f32(i), rates.f32(i), seconds.f32(i)));
    }
    for (int i = 0; i < evaluatedSteps.size(); i++) {
      history.add(new History.Evaluation(evaluatedSteps.i64(i), evaluatedLosses.f32(i)));
    }
    return history;
  }

  /**
   * Copies the tensors of a file to the trainer.
   *
   * @throws ModelFileException if the file is of another model or another text
   */
  static void restore(GgufFile file, Trainer trainer, long textHash) {
    Metadata m = file.metadata();
    if (m.i64(PREFIX + "text_hash") != textHash) {
      throw m.error(PREFIX + "text_hash", "the text and validation split of the original run");
    }
    file.watch();
    for (Tensor p : trainer.parameters()) {
      Moments.Pair moments = trainer.moments().of(p);
      copy(file, p.name(), p);
      copy(file, FIRST_MOMENT + p.name(), moments.m());
      copy(file, SECOND_MOMENT + p.name(), moments.v());
    }
    file.requireUnchanged();
  }

  private static void copy(GgufFile file, String name, Tensor to) {
    TensorInfo info =
        file.tensor(name)
            .orElseThrow(() -> new ModelFileException(file.path(), "tensor " + name, "missing"));
    boolean fits = info.type() == GgmlType.F32;
    for (int i = 0; i < 4; i++) {
      fits &= info.dim(i) == to.dim(i);
    }
    if (!fits) {
      throw new ModelFileException(
          file.path(), "tensor " + name + " " + info.shape(), "expected the shape of " + to);
    }
    to.data().copyFrom(file.data(info));
  }
}
