package dev.myelin.train;

import dev.myelin.error.MyelinException;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Tensor;
import dev.myelin.graph.Threads;
import dev.myelin.model.Model;
import java.util.Collection;

/** Trains a model step by step: holds the weights, the optimizer's moments and the graphs. */
final class Trainer implements AutoCloseable {
  private final Model model;
  private final Collection<Tensor> parameters;
  private final TrainingOptions options;
  private final boolean masked;
  private final Moments moments;
  private final Backend backend;
  private TrainingGraph stepGraph;

  /**
   * @param parameters the trained weights, in the model's memory
   * @param masked whether some tokens are excluded from the loss
   */
  Trainer(Model model, Collection<Tensor> parameters, TrainingOptions options, boolean masked) {
    this.model = model;
    this.parameters = parameters;
    this.options = options;
    this.masked = masked;
    backend = Backend.cpu(Threads.effective(options.threads(), options.forceThreads()));
    Moments zeroes = null;
    try {
      zeroes = new Moments(parameters);
      stepGraph =
          TrainingGraph.step(
              model.network(),
              model.info(),
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
   * Does a training step.
   *
   * @param number number of the step, from 1
   * @throws DivergedException if the loss or a gradient is NaN or infinite
   */
  History.Step step(int[] batch, long number) {
    long start = System.nanoTime();
    TrainingGraph.Result result =
        stepGraph.step(backend, batch, options.adamw(), number, options.steps());
    float seconds = (System.nanoTime() - start) / 1e9f;
    if (!Float.isFinite(result.loss()) || !Float.isFinite(result.gradientNorm())) {
      throw new DivergedException(number, result.loss(), result.gradientNorm());
    }
    float learningRate = options.adamw().learningRateAt(number, options.steps());
    return new History.Step(number, result.loss(), result.gradientNorm(), learningRate, seconds);
  }

  /** The mean loss over the tokens of a validation set that count in it. */
  float validationLoss(ValidationSet validation) {
    double sum = 0;
    long tokens = 0;
    try (TrainingGraph graph =
        TrainingGraph.loss(model.network(), model.info(), validation.shape(), masked)) {
      for (int i = 0; i < validation.batches(); i++) {
        float loss = graph.loss(backend, validation.batch(i));
        sum += (double) loss * graph.targetCount();
        tokens += graph.targetCount();
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

  /** The loss or a gradient is NaN or infinite. The run ends; earlier checkpoints remain. */
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
    stepGraph.close();
    moments.close();
    backend.close();
  }
}
