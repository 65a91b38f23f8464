package dev.myelin.train;

import java.util.ArrayList;
import java.util.List;

/** What a run measured so far. One thread at a time. */
public final class History {
  private final List<Step> steps = new ArrayList<>();
  private final List<Evaluation> evaluations = new ArrayList<>();

  /**
   * A step.
   *
   * @param step its number, the first one 1
   * @param loss of its batch before the step, in nats a token
   * @param norm of all gradients before clipping
   * @param rate learning rate
   * @param seconds it took
   */
  public record Step(long step, float loss, float norm, float rate, float seconds) {}

  /**
   * The loss of the held-out text.
   *
   * @param step after which step
   * @param loss in nats a token
   */
  public record Evaluation(long step, float loss) {}

  void add(Step step) {
    steps.add(step);
  }

  void add(Evaluation evaluation) {
    evaluations.add(evaluation);
  }

  /** Every step, in order. */
  public List<Step> steps() {
    return List.copyOf(steps);
  }

  /** Every evaluation, in order. */
  public List<Evaluation> evaluations() {
    return List.copyOf(evaluations);
  }

  /** How many steps were done. */
  public long step() {
    return steps.isEmpty() ? 0 : steps.getLast().step();
  }

  /** The evaluation with the lowest loss, null before the first. */
  public Evaluation best() {
    Evaluation best = null;
    for (Evaluation e : evaluations) {
      best = best == null || e.loss() < best.loss() ? e : best;
    }
    return best;
  }

  /** How many evaluations came after the best one. */
  int sinceBest() {
    return evaluations.isEmpty() ? 0 : evaluations.size() - 1 - evaluations.indexOf(best());
  }

  /** A table with a line a step; the held-out loss where it was measured. */
  public String toCsv(int tokensPerStep) {
    StringBuilder csv =
        new StringBuilder("step,tokens,loss,held_out_loss,learning_rate,norm,tokens_per_second\n");
    int next = 0;
    if (!evaluations.isEmpty() && evaluations.getFirst().step() == 0) {
      csv.append("0,0,,").append(evaluations.getFirst().loss()).append(",,,\n");
      next = 1;
    }
    for (Step s : steps) {
      boolean measured = next < evaluations.size() && evaluations.get(next).step() == s.step();
      String heldOut = measured ? String.valueOf(evaluations.get(next++).loss()) : "";
      csv.append(s.step()).append(',').append(s.step() * tokensPerStep).append(',');
      csv.append(s.loss()).append(',').append(heldOut).append(',').append(s.rate()).append(',');
      csv.append(s.norm()).append(',').append(tokensPerStep / s.seconds()).append('\n');
    }
    return csv.toString();
  }
}
