package dev.myelin.train;

import dev.myelin.error.CancelledException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Graph;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.TrainingBuilder;
import dev.myelin.model.ModelInfo;
import dev.myelin.model.build.Network;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The graph of the loss of a batch; optionally with gradients and the optimizer step, so that one
 * computation is one training step.
 */
final class TrainingGraph implements AutoCloseable {
  private static final String GRADIENT_NORM = "norm";
  private static final String CLIP = "clip";
  private static final String WITH_DECAY = "settings";
  private static final String WITHOUT_DECAY = "settings without decay";

  private final BatchInputs inputs;
  private final Graph graph;

  private TrainingGraph(BatchInputs inputs, Graph graph) {
    this.inputs = inputs;
    this.graph = graph;
  }

  /** The result of a training step. */
  record Result(float loss, float gradientNorm) {}

  /**
   * A graph that computes the loss only.
   *
   * @param masked whether some tokens are excluded from the loss
   */
  static TrainingGraph loss(Network network, ModelInfo info, BatchShape shape, boolean masked) {
    return build(
        network, info, shape, masked, List.of(), (builder, loss) -> builder.output("loss", loss));
  }

  /** A graph that computes the loss and updates the parameters and their moments. */
  static TrainingGraph step(
      Network network,
      ModelInfo info,
      BatchShape shape,
      boolean masked,
      Collection<Tensor> parameters,
      Moments moments,
      float clip) {
    return build(
        network,
        info,
        shape,
        masked,
        parameters,
        (builder, loss) -> addOptimizerStep(builder, loss, parameters, moments, clip));
  }

  private interface Outputs {
    void add(TrainingBuilder builder, Tensor loss);
  }

  private static TrainingGraph build(
      Network network,
      ModelInfo info,
      BatchShape shape,
      boolean masked,
      Collection<Tensor> parameters,
      Outputs outputs) {
    BatchInputs inputs = new BatchInputs(shape, info.vocabulary());
    TrainingBuilder builder = new TrainingBuilder();
    try {
      parameters.forEach(builder::addParameter);
      TrainingPass pass = new TrainingPass(builder, inputs, masked);
      network.forward(pass);
      Tensor loss = builder.crossEntropy(pass.logits(), inputs.labels());
      outputs.add(
          builder, (masked ? builder.multiply(loss, inputs.lossScale()) : loss).named("loss"));
    } catch (RuntimeException e) {
      builder.discard();
      inputs.close();
      throw e;
    }
    try {
      return new TrainingGraph(inputs, builder.build());
    } catch (RuntimeException e) {
      inputs.close();
      throw e;
    }
  }

  private static void addOptimizerStep(
      TrainingBuilder builder,
      Tensor loss,
      Collection<Tensor> parameters,
      Moments moments,
      float clip) {
    List<Tensor> gradients = builder.differentiate(loss);
    Tensor norm = builder.globalNorm(gradients);
    builder.output(GRADIENT_NORM, norm);
    Tensor factor = builder.clipFactor(norm, builder.scalarInput(CLIP), clip);
    Map<String, Tensor> settingsOf = new HashMap<>();
    int i = 0;
    for (Tensor parameter : parameters) {
      Moments.Pair pair = moments.of(parameter);
      Tensor clipped = builder.multiply(gradients.get(i++), factor);
      Tensor settings =
          settingsOf.computeIfAbsent(
              parameter.dim(1) > 1 ? WITH_DECAY : WITHOUT_DECAY,
              name -> builder.input(name, GgmlType.F32, TrainingBuilder.ADAMW_PARAMETERS));
      builder.adamw(parameter, clipped, pair.m(), pair.v(), settings);
    }
  }

  BatchShape shape() {
    return inputs.shape();
  }

  /** Number of positions of the last batch that count in the loss. */
  int targetCount() {
    return inputs.targetCount();
  }

  /** The loss of a batch in nats: the mean over the positions that count in it. */
  float loss(Backend backend, int[] windows) {
    inputs.fill(windows);
    compute(backend);
    return graph.output("loss").get(ValueLayout.JAVA_FLOAT, 0);
  }

  /**
   * Does a training step.
   *
   * @param step number of the step, from 1
   */
  Result step(Backend backend, int[] windows, AdamW adamw, long step, long steps) {
    inputs.fill(windows);
    graph.input(TrainingBuilder.LOSS_GRADIENT).set(ValueLayout.JAVA_FLOAT, 0, 1f);
    graph.input(CLIP).set(ValueLayout.JAVA_FLOAT, 0, adamw.clip());
    for (String settings : List.of(WITH_DECAY, WITHOUT_DECAY)) {
      if (graph.hasInput(settings)) {
        put(graph.input(settings), adamw.stepParameters(step, steps, settings.equals(WITH_DECAY)));
      }
    }
    compute(backend);
    return new Result(
        graph.output("loss").get(ValueLayout.JAVA_FLOAT, 0),
        graph.output(GRADIENT_NORM).get(ValueLayout.JAVA_FLOAT, 0));
  }

  private static void put(MemorySegment to, float[] values) {
    MemorySegment.copy(values, 0, to, ValueLayout.JAVA_FLOAT, 0, values.length);
  }

  private void compute(Backend backend) {
    if (!backend.compute(graph)) {
      throw new CancelledException("training: cancelled");
    }
  }

  @Override
  public void close() {
    graph.close();
    inputs.close();
  }
}
