package dev.myelin.runtime;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.graph.AdapterRanges;
import dev.myelin.graph.Backend;
import dev.myelin.graph.BatchInvariance;
import dev.myelin.graph.Graph;
import dev.myelin.graph.Threads;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.model.build.Network;
import dev.myelin.pass.Batch;
import dev.myelin.pass.CachedPass.Shape;
import dev.myelin.pass.Output;
import dev.myelin.pass.Segment;
import dev.myelin.state.StatePool;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Computes one batch after another: the threads, states and graphs of a model's sequences. Confined
 * to one thread at a time, except {@link #backend}'s cancellation.
 */
final class Stepper implements AutoCloseable {
  static final Set<Output> NOTHING = Set.of();

  private final Model model;
  private final Backend backend;
  private final StatePool states;
  private final GraphCache graphs;
  private final RuntimeOptions options;
  private final ActivationObserver observer;
  private volatile long steps;
  private volatile long pieces;
  private volatile long tokens;

  /**
   * @param options with the context length resolved
   * @throws InvalidRequestException if the options do not suit the model
   */
  Stepper(Model model, RuntimeOptions options, ActivationObserver observer) {
    this.model = model;
    this.observer = observer;
    Backend cpu = Backend.cpu(Threads.effective(options.threads(), options.forceThreads()));
    StatePool pool = null;
    try {
      // may be fewer, if the system refuses to start more
      this.options = options.withThreads(cpu.threads());
      pool = states(model.info(), this.options);
      graphs = new GraphCache(model, pool, options.contextLength(), observer);
    } catch (Throwable e) {
      if (pool != null) {
        pool.close();
      }
      cpu.close();
      throw e;
    }
    backend = cpu;
    states = pool;
  }

  private static StatePool states(ModelInfo info, RuntimeOptions options) {
    try {
      boolean keepsPrefixes = options.keepsPrefixes() && !info.isOnePass();
      return new StatePool(info.states(), options.stateOptions(), keepsPrefixes);
    } catch (NativeLibraryException | ArithmeticException e) {
      throw new InvalidRequestException(
          "context = " + options.contextLength() + ": " + e.getMessage());
    }
  }

  /** The options with the number of threads in use. */
  RuntimeOptions options() {
    return options;
  }

  Model model() {
    return model;
  }

  Backend backend() {
    return backend;
  }

  StatePool states() {
    return states;
  }

  /** Bytes of the intermediate tensors. */
  long bufferBytes() {
    return graphs.bufferBytes();
  }

  /** The first operation that is not batch invariant, if any; in a graph of its own. */
  Optional<String> batchDependence() {
    Output output = model.info().hasLogits() ? Output.LOGITS : Output.HIDDEN;
    List<Integer> groups = states.isRecurrent() ? List.of(1, 1) : List.of();
    Shape single = new Shape(Network.MAIN, 1, 1, Set.of(output), groups, AdapterRanges.NONE);
    try (GraphCache alone =
        new GraphCache(model, states, options.contextLength(), ActivationObserver.NONE)) {
      return Optional.ofNullable(BatchInvariance.of(alone.get(single).graph()).variant());
    }
  }

  /**
   * Computes a batch, whose segments have begun.
   *
   * @throws CancelledException if the computation was cancelled
   * @throws dev.myelin.error.ModelFileException if the model file changed in the meantime
   */
  Graph run(String stage, Batch batch, Set<Output> emitted) {
    if (backend.isCancelled()) {
      throw cancelled(batch);
    }
    Shape shape = Shape.of(stage, batch, emitted, states.isRecurrent());
    GraphCache.ForwardGraph graph = graphs.get(shape);
    graph.fill(batch);
    if (!backend.compute(graph.graph())) {
      throw cancelled(batch);
    }
    model.requireUnchanged();
    count(batch);
    observer.onBatch(graph.graph().matmulInputs());
    return graph.graph();
  }

  /** Builds the graph of so many tokens of one sequence, with the logits of the last one. */
  void prepare(int tokens, List<Float> adapterScales) {
    if (model.info().hasLogits() && !states.isRecurrent()) {
      Set<Output> logits = Set.of(Output.LOGITS);
      AdapterRanges adapters = AdapterRanges.of(adapterScales, tokens, 1);
      graphs.get(new Shape(Network.MAIN, tokens, 1, logits, List.of(), adapters));
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread at a time writes
  private void count(Batch batch) {
    steps++;
    pieces += batch.segments().size();
    tokens += batch.tokens();
  }

  /** Batches computed so far. */
  long steps() {
    return steps;
  }

  /** Segments in them. */
  long pieces() {
    return pieces;
  }

  /** Tokens in them. */
  long tokens() {
    return tokens;
  }

  private static CancelledException cancelled(Batch batch) {
    Segment first = batch.segments().getFirst();
    return new CancelledException("cancelled at position " + first.position());
  }

  @Override
  public void close() {
    graphs.close();
    states.close();
    backend.close();
  }
}
