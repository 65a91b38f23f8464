package dev.myelin.train;

import dev.myelin.error.MyelinException;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.Threads;
import dev.myelin.model.Model;
import java.util.Collection;

/** A model that learns, step by step: its weights, the optimiser's moments, the graphs. */
final class Learner implements AutoCloseable {
  private final Model model;
  private final Collection<Tensor> parameters;
  private final TrainingOptions options;
  private final boolean masked;
  private final Moments moments;
  private final Backend backend;
  private TrainingGraph step;

  /**
   * @param parameters the weights that are learned, in the model's memory
   * @param masked whether some tokens are only read
   */
  Learner(Model model, Collection<Tensor> parameters, TrainingOptions options, boolean masked) {
    this.model = model;
    this.parameters = parameters;
    this.options = options;
    this.masked = masked;
    backend = Backend.cpu(Threads.effective(options.threads(), options.forceThreads()));
    Moments zeroes = null;
    try {
      zeroes = new Moments(parameters);
      step =
          TrainingGraph.step(
              model.network(),
              model.hyperparameters(),
              options.shape(),
              masked,
              parameters,
              zeroes,
              options.adamw().clip());
    } catch (RuntimeException e) {
      if (zeroes != null) {
        zeroes.close();
      }
      backend.close();
      throw e;
    }
    moments = zeroes;
  }

  /**
   * Learns from a batch.
   *
   * @param number of the step, the first one 1
   * @throws DivergedException if the loss or the gradients are no numbers any more
   */
  History.Step learn(int[] batch, long number) {
    long start = System.nanoTime();
    TrainingGraph.Result result =
        step.step(backend, batch, options.adamw(), number, options.steps());
    float seconds = (System.nanoTime() - start) / 1e9f;
    if (!Float.isFinite(result.loss()) || !Float.isFinite(result.norm())) {
      throw new DivergedException(number, result.loss(), result.norm());
    }
    float rate = options.adamw().rate(number, options.steps());
    return new History.Step(number, result.loss(), result.norm(), rate, seconds);
  }

  /** The loss of a text: mean over the tokens that are learned. */
  float lossOf(HeldOut text) {
    double sum = 0;
    long tokens = 0;
    try (TrainingGraph graph =
        TrainingGraph.loss(model.network(), model.hyperparameters(), text.shape(), masked)) {
      for (int i = 0; i < text.batches(); i++) {
        float loss = graph.loss(backend, text.batch(i));
        sum += (double) loss * graph.active();
        tokens += graph.active();
      }
    }
    return (float) (sum / tokens);
  }

  Collection<Tensor> parameters() {
    return parameters;
  }

  Moments moments() {
    return moments;
  }

  /** The weights are no numbers any more: the run ends, earlier checkpoints stay. */
  static final class DivergedException extends MyelinException {
    private static final long serialVersionUID = 1L;

    DivergedException(long step, float loss, float norm) {
      super(
          "step %s: loss %s, norm of the gradients %s: training diverged; try a lower learning rate"
              .formatted(step, loss, norm));
    }
  }

  @Override
  public void close() {
    step.close();
    moments.close();
    backend.close();
  }
}
