package dev.myelin.runtime;

import dev.myelin.graph.Graph;
import dev.myelin.pass.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Computes in the thread that asks. Outputs stay in the memory of the graph, until the next work.
 */
final class CallerExecutor implements WorkExecutor {
  private final Stepper stepper;
  private final ReentrantLock lock;

  /**
   * @param lock guards the states of the sequences; held while a step is computed
   */
  CallerExecutor(Stepper stepper, ReentrantLock lock) {
    this.stepper = stepper;
    this.lock = lock;
  }

  @Override
  public void compute(List<Work> works) {
    lock.lock();
    try {
      List<Work> left = new ArrayList<>(works);
      while (!left.isEmpty()) {
        step(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Computes one step, and removes the work that is done. */
  private void step(List<Work> left) {
    StepPlan plan = StepPlan.of(stepper, left, Integer.MAX_VALUE);
    StepEvents events;
    Batch batch;
    Graph graph;
    try {
      for (Work work : left) {
        work.rethrow();
      }
      batch = plan.batch();
      events = StepEvents.begin(batch);
      graph = stepper.run(plan.stage(), batch, plan.emitted());
    } catch (Throwable e) {
      for (Work work : left) {
        work.rollback();
      }
      throw e;
    }
    List<Work> computed = plan.works();
    events.end(computed, batch);
    for (Work work : computed) {
      work.commit();
      if (work.isDone()) {
        left.remove(work);
      }
    }
    if (left.isEmpty()) {
      plan.shareOutputs(graph);
    } else {
      plan.copyOutputs(graph);
    }
  }

  @Override
  public void cancelled() {
    stepper.backend().cancel();
  }

  @Override
  public void resumed() {
    stepper.backend().resume();
  }

  @Override
  public void forget(Sequence sequence) {}

  @Override
  public void close() {}
}
