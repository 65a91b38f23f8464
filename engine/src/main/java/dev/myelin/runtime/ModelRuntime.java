package dev.myelin.runtime;

import dev.myelin.adapter.Adapter;
import dev.myelin.error.CapacityException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.Graph;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.pass.Batch;
import dev.myelin.state.SequenceStates;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Computes the sequences of a model together: threads, graphs and memory are shared, and so are the
 * pages of sequences that begin with the same tokens. What a sequence gets does not depend on its
 * company if the model is {@linkplain #batchDependence batch invariant}. Thread-safe.
 *
 * <p>Sequences end with the runtime: after {@link #close} their use throws {@link
 * IllegalUseException}.
 */
public final class ModelRuntime implements AutoCloseable {
  private static final StepBudget UNLIMITED =
      new StepBudget(RuntimeOptions.MAX_BATCH, RuntimeOptions.DEFAULT_STEP_MILLIS);

  private final Model.Lease lease;
  private final Model model;
  private final Stepper stepper;
  // guards the states of all sequences
  private final ReentrantLock lock = new ReentrantLock();
  private final @Nullable Scheduler scheduler;
  private final Set<Sequence> sequences = new HashSet<>();
  private boolean closed;

  private ModelRuntime(
      Model model, RuntimeOptions options, ActivationObserver observer, boolean isExclusive) {
    this.model = model;
    lease = model.lease();
    try {
      int context = contextLength(model.info(), options.contextLength());
      stepper = new Stepper(model, options.withContextLength(context), observer);
    } catch (Throwable e) {
      lease.close();
      throw e;
    }
    scheduler = isExclusive ? null : new Scheduler(stepper, lock);
  }

  /**
   * A runtime for many sequences.
   *
   * @throws InvalidRequestException if the options do not suit the model
   */
  public static ModelRuntime open(Model model, RuntimeOptions options) {
    return new ModelRuntime(model, options, ActivationObserver.NONE, false);
  }

  /** A runtime with default options. */
  public static ModelRuntime open(Model model) {
    return open(model, RuntimeOptions.defaults());
  }

  /**
   * A runtime for one sequence, computed in the thread that asks for it.
   *
   * @param observer called after each step
   */
  public static ModelRuntime exclusive(
      Model model, RuntimeOptions options, ActivationObserver observer) {
    return new ModelRuntime(model, options.withSequences(1), observer, true);
  }

  private static int contextLength(ModelInfo info, int requested) {
    int length =
        requested == 0 ? Math.min(info.contextLength(), RuntimeOptions.DEFAULT_CONTEXT) : requested;
    if (length > info.maxPositions().orElse(Integer.MAX_VALUE)) {
      throw new InvalidRequestException(
          "context = %s: this model has learned %s positions"
              .formatted(length, info.maxPositions().getAsInt()));
    }
    return length;
  }

  public Model model() {
    return model;
  }

  /** The options with all defaults resolved, and the number of threads in use. */
  public RuntimeOptions options() {
    return stepper.options();
  }

  /** Whether it has one sequence only. */
  public boolean isExclusive() {
    return scheduler == null;
  }

  /** Whether the runtime and its model are open. */
  public boolean isOpen() {
    lock.lock();
    try {
      return !closed && model.isOpen();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Starts an empty sequence.
   *
   * @throws CapacityException if there are as many as the options allow
   */
  public Sequence open() {
    return add(null, model.adapterScales());
  }

  /**
   * Starts an empty sequence with adapters of its own choice. Sequences with different adapters are
   * not in the same step.
   *
   * @param adapters of those that the model was loaded with; the others are left out
   * @throws InvalidRequestException if the model was loaded without one of them
   * @throws CapacityException as above
   */
  public Sequence open(List<Adapter> adapters) {
    return add(null, model.adapterScales(adapters));
  }

  Sequence fork(Sequence original) {
    return add(original, original.states().adapterScales());
  }

  private Sequence add(@Nullable Sequence original, List<Float> adapterScales) {
    lock.lock();
    try {
      requireOpen();
      int most = stepper.options().sequences();
      if (sequences.size() >= most) {
        throw new CapacityException("sequences", 1, 0, most);
      }
      SequenceStates states =
          original == null
              ? stepper.states().open(adapterScales)
              : original.states().fork(original.position());
      Sequence sequence = new Sequence(this, states);
      if (original != null) {
        sequence.copyTokens(original);
      }
      sequences.add(sequence);
      return sequence;
    } finally {
      lock.unlock();
    }
  }

  void close(Sequence sequence) {
    lock.lock();
    try {
      if (sequences.remove(sequence)) {
        sequence.states().close();
        if (scheduler != null) {
          scheduler.forget(sequence);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Computes work of a sequence; returns its outputs, or null if it has none. */
  @Nullable MemorySegment compute(Work work) {
    if (work.isCancelled()) {
      throw work.cancelled();
    }
    if (scheduler != null) {
      scheduler.compute(work);
    } else {
      computeHere(work);
    }
    return work.result();
  }

  private void computeHere(Work work) {
    work.prepare();
    while (!work.isDone()) {
      List<Work> all = List.of(work);
      StepPlan plan = StepPlan.of(stepper, all, UNLIMITED);
      work.rethrow();
      Batch batch = plan.batch();
      StepEvents events = StepEvents.begin(batch);
      Graph graph;
      try {
        graph = stepper.run(plan.stage(), batch, plan.emitted(), plan.adapterScales());
      } catch (Throwable e) {
        work.rollback();
        throw e;
      }
      events.end(all, batch);
      work.commit();
      if (work.isDone()) {
        work.share(graph);
      }
    }
  }

  void cancelled(Sequence sequence) {
    if (scheduler == null) {
      stepper.backend().cancel();
    } else {
      scheduler.cancelled();
    }
  }

  void resumed(Sequence sequence) {
    if (scheduler == null) {
      stepper.backend().resume();
    }
  }

  /** Bytes of the memory of all sequences when it is full. */
  public long stateBytes() {
    return stepper.states().bytes();
  }

  /** Bytes of the intermediate tensors, which depend on the batches computed so far. */
  public long bufferBytes() {
    return stepper.bufferBytes();
  }

  /**
   * The first operation of the model's graph whose result for a token may depend on the other
   * tokens of its batch, and the name of its first operand; empty if the model is batch invariant.
   */
  public Optional<String> batchDependence() {
    return stepper.batchDependence();
  }

  /** How much of its memory the runtime uses. */
  public RuntimeUsage usage() {
    lock.lock();
    try {
      requireOpen();
      return new RuntimeUsage(
          sequences.size(),
          stepper.states().usedPages(),
          stepper.states().prefixPages(),
          stepper.steps(),
          stepper.pieces(),
          stepper.tokens());
    } finally {
      lock.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalUseException("the runtime is closed");
    }
  }

  /** Ends all sequences; those who wait for one get an {@link IllegalUseException}. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      lock.unlock();
    }
    if (scheduler != null) {
      scheduler.close();
    }
    stepper.close();
    lease.close();
  }
}
