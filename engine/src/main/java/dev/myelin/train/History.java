package dev.myelin.train;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The losses of a training run so far. Not thread-safe. */
public final class History {
  private final List<Step> steps = new ArrayList<>();
  private final List<Evaluation> evaluations = new ArrayList<>();

  /** An empty history. */
  public History() {}

  /**
   * One training step.
   *
   * @param step number of the step, from 1
   * @param loss loss of its batch before the step, in nats per token
   * @param gradientNorm norm of all gradients before clipping
   * @param learningRate learning rate of the step
   * @param seconds duration of the step
   */
  public record Step(
      long step, float loss, float gradientNorm, float learningRate, float seconds) {}

  /**
   * An evaluation of the validation loss.
   *
   * @param step number of steps done before
   * @param loss validation loss in nats per token
   */
  public record Evaluation(long step, float loss) {}

  void add(Step step) {
    steps.add(step);
  }

  void add(Evaluation evaluation) {
    evaluations.add(evaluation);
  }

  /** All steps, in order. */
  public List<Step> steps() {
    return List.copyOf(steps);
  }

  /** All evaluations, in order. */
  public List<Evaluation> evaluations() {
    return List.copyOf(evaluations);
  }

  /** Number of steps done. */
  public long step() {
    return steps.isEmpty() ? 0 : steps.getLast().step();
  }

  /** The evaluation with the lowest loss, null before the first. */
  public @Nullable Evaluation best() {
    Evaluation best = null;
    for (Evaluation e : evaluations) {
      best = best == null || e.loss() < best.loss() ? e : best;
    }
    return best;
  }

  /** Number of evaluations after the best one. */
  int evaluationsSinceBest() {
    return evaluations.isEmpty() ? 0 : evaluations.size() - 1 - evaluations.indexOf(best());
  }

  /** A CSV table with one line per step, and the validation loss where it was evaluated. */
  public String toCsv(int tokensPerStep) {
    StringBuilder csv =
        new StringBuilder(
            "step,tokens,loss,validation_loss,learning_rate,gradient_norm,tokens_per_second\n");
    int next = 0;
    if (!evaluations.isEmpty() && evaluations.getFirst().step() == 0) {
      csv.append("0,0,,").append(evaluations.getFirst().loss()).append(",,,\n");
      next = 1;
    }
    for (Step s : steps) {
      boolean isEvaluated = next < evaluations.size() && evaluations.get(next).step() == s.step();
      String validationLoss = isEvaluated ? String.valueOf(evaluations.get(next++).loss()) : "";
      csv.append(s.step()).append(',').append(s.step() * tokensPerStep).append(',');
      csv.append(s.loss())
          .append(',')
          .append(validationLoss)
          .append(',')
          .append(s.learningRate())
          .append(',');
      csv.append(s.gradientNorm()).append(',').append(tokensPerStep / s.seconds()).append('\n');
    }
    return csv.toString();
  }
}
