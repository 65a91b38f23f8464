package dev.myelin.runtime;

import dev.myelin.concurrent.Uninterruptible;
import dev.myelin.error.CancelledException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.graph.Graph;
import dev.myelin.pass.Batch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Computes the work of many sequences in a thread of its own, step by step: continuous batching (Yu
 * et al. 2022). Thread-safe.
 */
final class Scheduler implements WorkExecutor {
  private static final long MIN_GATHER_NANOS = 2_000_000;
  private static final long MAX_GATHER_NANOS = 50_000_000;
  private static final long GENERATING_NANOS = 1_000_000_000;

  private final Stepper stepper;
  private final StepBudget budget;
  private final ReentrantLock lock;
  private final Condition changed;
  // those that have waited longest first
  private final List<Work> waiting = new ArrayList<>();
  private List<Work> computing = List.of();
  // sequences whose last token was just computed: they are about to ask for the next one
  private final Set<Sequence> expected = new HashSet<>();
  private long lastStepNanos;
  private long lastStepEnd;
  // whether a sequence was given a token's logits lately, and when
  private boolean generating;
  private long lastToken;
  private @Nullable Thread thread;
  private boolean closed;

  /**
   * @param lock guards the states of the sequences too; free while a step is computed
   */
  Scheduler(Stepper stepper, ReentrantLock lock) {
    this.stepper = stepper;
    this.lock = lock;
    changed = lock.newCondition();
    budget = new StepBudget(stepper.options().batch(), stepper.options().stepMillis());
  }

  /** Waits for work of different sequences to be computed. */
  @Override
  public void compute(List<Work> works) {
    submit(works);
    try {
      for (Work work : works) {
        work.await();
        work.rethrow();
      }
    } catch (InterruptedException e) {
      end(works);
      Thread.currentThread().interrupt();
      works.forEach(Work::rethrow);
    } catch (RuntimeException e) {
      end(works);
      throw e;
    }
  }

  /** Cancels what is not computed yet, and waits until it is not used any more. */
  private void end(List<Work> works) {
    works.forEach(Work::cancel);
    cancelled();
    works.forEach(Work::awaitUninterruptibly);
  }

  private void submit(List<Work> works) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalUseException("the runtime is closed");
      }
      if (thread == null) {
        thread = new Thread(this::run, "myelin-runtime");
        thread.setDaemon(true);
        thread.start();
      }
      waiting.addAll(works);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the step being computed if nobody waits for it any more. */
  @Override
  public void cancelled() {
    lock.lock();
    try {
      boolean isWanted = computing.isEmpty();
      for (Work work : computing) {
        isWanted |= !work.isCancelled();
      }
      if (!isWanted) {
        stepper.backend().cancel();
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    lock.lock();
    try {
      while (!closed) {
        dropCancelled();
        if (waiting.isEmpty()) {
          changed.awaitUninterruptibly();
        } else if (gather()) {
          try {
            step();
          } catch (Throwable e) {
            failed(List.copyOf(waiting), e);
          }
        }
      }
      for (Work work : waiting) {
        work.fail(new IllegalUseException("the runtime is closed"));
      }
      waiting.clear();
    } finally {
      lock.unlock();
    }
  }

  private void dropCancelled() {
    for (Work work : List.copyOf(waiting)) {
      if (work.isCancelled()) {
        waiting.remove(work);
        work.fail(work.cancelled());
      }
    }
  }

  /**
   * Waits a little for the sequences that are about to ask for their next token, so that one step
   * computes all of them. False if something has changed that is to be looked at first.
   */
  private boolean gather() {
    for (Work work : waiting) {
      expected.remove(work.sequence());
    }
    if (expected.isEmpty()) {
      return true;
    }
    long deadline = lastStepEnd + Math.clamp(lastStepNanos / 8, MIN_GATHER_NANOS, MAX_GATHER_NANOS);
    while (!expected.isEmpty() && !closed) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        break;
      }
      try {
        changed.awaitNanos(left);
      } catch (InterruptedException e) {
        break; // nobody interrupts this thread on purpose
      }
      for (Work work : waiting) {
        expected.remove(work.sequence());
      }
    }
    dropCancelled();
    return !closed && !waiting.isEmpty();
  }

  /** Nothing to revert: work of a cancelled sequence is refused by {@link Work#isCancelled}. */
  @Override
  public void resumed() {}

  @Override
  public void forget(Sequence sequence) {
    if (expected.remove(sequence)) {
      changed.signal();
    }
  }

  /** The batch, or less if a sequence waits for its next token, or is about to. */
  private int tokensOfStep() {
    boolean isGenerating = generating && System.nanoTime() - lastToken < GENERATING_NANOS;
    for (Work work : waiting) {
      isGenerating |= work.isDecode();
    }
    generating = isGenerating;
    return isGenerating ? budget.tokens() : stepper.options().batch();
  }

  private void step() {
    StepPlan plan = StepPlan.of(stepper, List.copyOf(waiting), tokensOfStep());
    waiting.removeIf(Work::isFinished);
    expected.clear();
    if (plan.isEmpty()) {
      return;
    }
    computing = plan.works();
    Batch batch = plan.batch();
    StepEvents events = StepEvents.begin(batch);
    long begin = System.nanoTime();
    Graph graph;
    try {
      graph = computeUnlocked(plan, batch);
    } catch (Throwable e) {
      failed(computing, e);
      return;
    } finally {
      stepper.backend().resume();
    }
    lastStepEnd = System.nanoTime();
    lastStepNanos = lastStepEnd - begin;
    budget.measured(plan.tokens(), lastStepNanos / 1e9);
    events.end(computing, batch);
    commit(plan, graph);
  }

  private Graph computeUnlocked(StepPlan plan, Batch batch) {
    lock.unlock();
    try {
      return stepper.run(plan.stage(), batch, plan.emitted());
    } finally {
      lock.lock();
    }
  }

  private void commit(StepPlan plan, Graph graph) {
    plan.copyOutputs(graph);
    for (Work work : computing) {
      work.commit();
      waiting.remove(work);
      if (work.isDone()) {
        if (work.endsWithNextToken()) {
          generating = true;
          lastToken = System.nanoTime();
        }
        expected.add(work.sequence());
        work.finish();
      } else {
        waiting.add(work); // behind those that have waited longer
      }
    }
    computing = List.of();
  }

  private void failed(List<Work> works, Throwable e) {
    boolean isCancelled = e instanceof CancelledException;
    for (Work work : works) {
      work.rollback();
      if (!isCancelled || work.isCancelled()) {
        waiting.remove(work);
        work.fail(isCancelled ? work.cancelled() : e);
      }
    }
    computing = List.of();
  }

  /** Ends the thread; what waits fails. */
  @Override
  public void close() {
    Thread running;
    lock.lock();
    try {
      closed = true;
      running = thread;
      if (!computing.isEmpty()) {
        stepper.backend().cancel();
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
    if (running != null) {
      Uninterruptible.run(running::join);
    }
  }
}
