package dev.myelin.generate;

import dev.myelin.error.CancelledException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
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
import dev.myelin.state.SequenceStates;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Computes the batches of one sequence: its threads, states and compute graphs. Confined to one
 * thread at a time, except {@link #backend}'s cancellation.
 */
final class SequenceRunner implements AutoCloseable {
  private static final Set<Output> NOTHING = EnumSet.noneOf(Output.class);

  private final Model model;
  private final Backend backend;
  private final SequenceStates states;
  private final GraphCache graphs;
  private final SessionOptions options;

  /**
   * @param options with the context length resolved
   * @throws InvalidRequestException if the options do not suit the model
   */
  SequenceRunner(Model model, SessionOptions options, ActivationObserver observer) {
    this.model = model;
    Backend cpu = Backend.cpu(Threads.effective(options.threads(), options.forceThreads()));
    SequenceStates memory = null;
    try {
      // may be fewer, if the system refuses to start more
      this.options = options.withThreads(cpu.threads());
      memory = states(model.info(), this.options);
      graphs = new GraphCache(model, memory, options.contextLength(), observer);
    } catch (Throwable e) {
      if (memory != null) {
        memory.close();
      }
      cpu.close();
      throw e;
    }
    backend = cpu;
    states = memory;
  }

  private static SequenceStates states(ModelInfo info, SessionOptions options) {
    try {
      return new SequenceStates(info.states(), options.stateOptions());
    } catch (NativeLibraryException | ArithmeticException e) {
      throw new InvalidRequestException(
          "context = " + options.contextLength() + ": " + e.getMessage());
    }
  }

  /** The options with the number of threads in use. */
  SessionOptions options() {
    return options;
  }

  Backend backend() {
    return backend;
  }

  /** Bytes of the states. */
  long stateBytes() {
    return states.bytes();
  }

  /** Bytes of the intermediate tensors. */
  long bufferBytes() {
    return graphs.bufferBytes();
  }

  /** The first operation that is not batch invariant, if any. */
  Optional<String> batchDependence() {
    Output output = model.info().hasLogits() ? Output.LOGITS : Output.HIDDEN;
    Shape single = new Shape(Network.MAIN, 1, 1, EnumSet.of(output));
    return Optional.ofNullable(BatchInvariance.of(graphs.get(single).graph()).variant());
  }

  /**
   * Computes tokens [0, position) again if the states do not have what a token at {@code position}
   * needs: after a rewind, a window has dropped positions, and a recurrent state is of a later one.
   */
  void restore(int[] tokens, int position) {
    if (states.canContinueAt(position)) {
      return;
    }
    for (int at = 0; at < position; ) {
      int count = Math.min(options.batch(), position - at);
      run(new Batch(tokens, at, count, at, 1), NOTHING);
      at += count;
    }
  }

  /**
   * Computes a batch.
   *
   * @throws CancelledException if the computation was cancelled
   * @throws dev.myelin.error.ModelFileException if the model file changed in the meantime
   */
  Graph run(Batch batch, Set<Output> emitted) {
    if (model.info().hasEncoder() && states.encoderLength() == 0) {
      throw new InvalidRequestException(
          model.info().architecture() + " models need the tokens of their encoder first");
    }
    requireNotCancelled(batch.position());
    states.begin(batch.position(), batch.end());
    Graph graph = compute(new Shape(Network.MAIN, batch.count(), batch.outputs(), emitted), batch);
    states.commit(batch.end());
    return graph;
  }

  /** Runs the encoder; the decoder then starts at position 0. */
  void encode(int[] tokens) {
    int count = tokens.length;
    requireNotCancelled(0);
    states.beginEncoder(count);
    compute(
        new Shape(Network.ENCODE, count, count, NOTHING), new Batch(tokens, 0, count, 0, count));
    states.commitEncoder(count);
  }

  private void requireNotCancelled(int position) {
    if (backend.isCancelled()) {
      throw new CancelledException("cancelled at position " + position);
    }
  }

  private Graph compute(Shape shape, Batch batch) {
    GraphCache.ForwardGraph graph = graphs.get(shape);
    graph.fill(batch);
    if (!backend.compute(graph.graph())) {
      throw new CancelledException("cancelled at position " + batch.position());
    }
    model.requireUnchanged();
    return graph.graph();
  }

  @Override
  public void close() {
    graphs.close();
    states.close();
    backend.close();
  }
}
