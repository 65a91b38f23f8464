package dev.myelin.runtime;

import dev.myelin.adapter.Adapter;
import dev.myelin.error.CapacityException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.MyelinException;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.pass.Output;
import dev.myelin.snapshot.SnapshotKey;
import dev.myelin.state.SequenceStates;
import dev.myelin.state.StateLayout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
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
  private final Model.Lease lease;
  private final Model model;
  private final Stepper stepper;
  // guards the states of all sequences
  private final ReentrantLock lock = new ReentrantLock();
  // held for reading while a sequence is copied to or from a file, without the lock
  private final ReentrantReadWriteLock memory = new ReentrantReadWriteLock();
  private final WorkExecutor executor;
  private final Set<Sequence> sequences = new HashSet<>();
  private final AtomicBoolean isPrepared = new AtomicBoolean();
  private volatile boolean closed;

  private ModelRuntime(
      Model model, RuntimeOptions options, ActivationObserver observer, boolean isExclusive) {
    this.model = model;
    lease = model.lease();
    try {
      int context = contextLength(model.info(), options);
      stepper = new Stepper(model, options.withContextLength(context), observer);
    } catch (Throwable e) {
      lease.close();
      throw e;
    }
    executor = isExclusive ? new CallerExecutor(stepper, lock) : new Scheduler(stepper, lock);
    if (options.promptCache() != null) {
      prepareModel();
    }
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
   * A runtime that computes in the thread that asks for it, for the sequences of one thread.
   * Outputs of a sequence are valid until any of them is used again.
   *
   * @param observer called after each step
   */
  public static ModelRuntime exclusive(
      Model model, RuntimeOptions options, ActivationObserver observer) {
    return new ModelRuntime(model, options, observer, true);
  }

  private static int contextLength(ModelInfo info, RuntimeOptions options) {
    int length = options.contextLength(info);
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

  /** Whether it computes in the thread that asks for it. */
  public boolean isExclusive() {
    return executor instanceof CallerExecutor;
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
   * computed together, with a low-rank matmul of its own for each choice.
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

  void truncated(Sequence sequence) {
    lock.lock();
    try {
      if (!closed) {
        sequence.states().truncate(sequence.position());
      }
    } finally {
      lock.unlock();
    }
  }

  void close(Sequence sequence) {
    lock.lock();
    try {
      if (sequences.remove(sequence)) {
        sequence.states().close();
        executor.forget(sequence);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Appends tokens to several sequences, which are computed together.
   *
   * @param requests of different sequences of this runtime. In the order of their lengths they are
   *     not cut if all fit into a batch
   * @return the outputs of each, f32 [outputs][width of the output], valid until one of the
   *     sequences is used again
   * @throws dev.myelin.error.CancelledException if one of them is cancelled, or the thread was
   *     interrupted; the tokens computed so far are kept
   * @throws CapacityException if other sequences hold the memory that one of them needs
   * @throws dev.myelin.error.ModelFileException if the model file changed in the meantime
   */
  public List<MemorySegment> compute(List<Request> requests, Output output) {
    List<Work> works = new ArrayList<>();
    for (Request r : requests) {
      works.add(r.sequence().work(r.ids(), r.from(), r.count(), r.outputs(), output));
    }
    compute(works);
    List<MemorySegment> outputs = new ArrayList<>();
    for (Work work : works) {
      outputs.add(work.result());
    }
    return outputs;
  }

  /** Computes work of one sequence; returns its outputs, or null if it has none. */
  @Nullable MemorySegment compute(Work work) {
    compute(List.of(work));
    return work.result();
  }

  private void compute(List<Work> works) {
    for (Work work : works) {
      if (work.isCancelled()) {
        throw work.cancelled();
      }
    }
    executor.compute(works);
  }

  /**
   * A sequence is about to compute the logits of the last of so many tokens: builds the graph now,
   * if nothing else can be computed together with them.
   */
  void prepare(Sequence sequence, int tokens) {
    if (isExclusive() && tokens <= stepper.options().batch()) {
      locked(
          () -> {
            stepper.prepare(tokens, sequence.states().adapterScales());
            return true;
          });
    }
  }

  void cancelled() {
    executor.cancelled();
  }

  void resumed() {
    executor.resumed();
  }

  /** Bytes of the memory of all sequences, and of snapshots, when it is full. */
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
    return locked(
        () ->
            new RuntimeUsage(
                sequences.size(),
                stepper.states().usedPages(),
                stepper.states().prefixPages(),
                stepper.states().stateSnapshots(),
                stepper.steps(),
                stepper.pieces(),
                stepper.tokens()));
  }

  /**
   * Prepares the model, in another thread, for a prompt that is in a cache: its identity is needed
   * then, and all its weights soon after.
   */
  public void prepareModel() {
    if (!isPrepared.getAndSet(true)) {
      Thread.ofPlatform().daemon().name("myelin-prepare").start(this::prepare);
    }
  }

  private void prepare() {
    try {
      model.identity();
      model.mapWeights(() -> closed);
    } catch (MyelinException e) {
      // who needs the identity gets the exception
    }
  }

  /** What the states of a sequence depend on besides its tokens. */
  SnapshotKey snapshotKey(Sequence sequence) {
    RuntimeOptions options = options();
    return new SnapshotKey(
        model.identity(sequence.states().adapterScales()),
        options.keyType(),
        options.valueType(),
        model.contextClass(options.contextLength()));
  }

  StateLayout stateLayout() {
    return stepper.states().layout();
  }

  /** Runs an action while no step begins or ends. */
  <T> T locked(Supplier<T> action) {
    lock.lock();
    try {
      requireOpen();
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  /** Runs an action during which the memory of the sequences stays. */
  <T> T withMemory(Supplier<T> action) {
    memory.readLock().lock();
    try {
      return action.get();
    } finally {
      memory.readLock().unlock();
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
    executor.close();
    memory.writeLock().lock();
    try {
      stepper.close();
    } finally {
      memory.writeLock().unlock();
    }
    lease.close();
  }
}
