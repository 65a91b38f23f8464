package dev.myelin.generate;

import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.model.Model;
import dev.myelin.pass.Batch;
import dev.myelin.pass.CachedPass;
import dev.myelin.pass.CachedPass.Shape;
import dev.myelin.state.SequenceStates;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A session's compute graphs: the last one for single tokens and the last one for batches. */
final class GraphCache implements AutoCloseable {
  private final Model model;
  private final SequenceStates states;
  private final int contextLength;
  private final ActivationObserver observer;
  private @Nullable ForwardGraph single;
  private @Nullable ForwardGraph batch;

  GraphCache(Model model, SequenceStates states, int contextLength, ActivationObserver observer) {
    this.model = model;
    this.states = states;
    this.contextLength = contextLength;
    this.observer = observer;
  }

  /** The graph of this shape; built if it is not the cached one. */
  ForwardGraph get(Shape shape) {
    boolean isSingle = shape.tokens() == 1;
    ForwardGraph cached = isSingle ? single : batch;
    if (cached != null && cached.shape.equals(shape)) {
      return cached;
    }
    // Closed before the next one is allocated, and removed first, because building may fail.
    put(isSingle, null);
    if (cached != null) {
      cached.graph.close();
    }
    ForwardGraph built = build(shape);
    put(isSingle, built);
    return built;
  }

  /** Bytes of the compute buffers. */
  long bufferBytes() {
    return (single == null ? 0 : single.graph.computeBufferBytes())
        + (batch == null ? 0 : batch.graph.computeBufferBytes());
  }

  private void put(boolean isSingle, @Nullable ForwardGraph graph) {
    if (isSingle) {
      single = graph;
    } else {
      batch = graph;
    }
  }

  private ForwardGraph build(Shape shape) {
    GraphBuilder builder = new GraphBuilder();
    CachedPass pass = new CachedPass(builder, shape, states, contextLength);
    try {
      builder.observe(observer::observes);
      model.network().stage(shape.stage()).forward(pass);
    } catch (Throwable e) {
      builder.discard();
      throw e;
    }
    return new ForwardGraph(shape, pass, builder.build());
  }

  @Override
  public void close() {
    for (ForwardGraph graph : Arrays.asList(single, batch)) {
      if (graph != null) {
        graph.graph.close();
      }
    }
    single = null;
    batch = null;
  }

  /** A compute graph of the forward pass, and how its inputs are filled. */
  static final class ForwardGraph {
    private final Shape shape;
    private final CachedPass pass;
    private final Graph graph;

    private ForwardGraph(Shape shape, CachedPass pass, Graph graph) {
      this.shape = shape;
      this.pass = pass;
      this.graph = graph;
    }

    Graph graph() {
      return graph;
    }

    void fill(Batch batch) {
      pass.fill(graph, batch);
    }
  }
}
