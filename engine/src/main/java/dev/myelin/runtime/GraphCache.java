package dev.myelin.runtime;

import dev.myelin.graph.ComputeArena;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.model.Model;
import dev.myelin.pass.Batch;
import dev.myelin.pass.CachedPass;
import dev.myelin.pass.CachedPass.Shape;
import dev.myelin.state.StatePool;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The compute graphs of the shapes used last, which share one arena. Confined to one thread at a
 * time.
 */
final class GraphCache implements AutoCloseable {
  private static final int CAPACITY = 16;

  private final Model model;
  private final StatePool states;
  private final int contextLength;
  private final ActivationObserver observer;
  private final ComputeArena arena = new ComputeArena();
  // in the order of their last use
  private final Map<Shape, ForwardGraph> graphs = new LinkedHashMap<>(32, 0.75f, true);

  GraphCache(Model model, StatePool states, int contextLength, ActivationObserver observer) {
    this.model = model;
    this.states = states;
    this.contextLength = contextLength;
    this.observer = observer;
  }

  /** The graph of this shape. */
  ForwardGraph get(Shape shape) {
    ForwardGraph cached = graphs.get(shape);
    if (cached != null) {
      return cached;
    }
    makeRoom();
    ForwardGraph built;
    try {
      built = build(shape);
    } finally {
      closeDisplaced();
    }
    graphs.put(shape, built);
    return built;
  }

  private void makeRoom() {
    if (graphs.size() >= CAPACITY) {
      Iterator<ForwardGraph> oldest = graphs.values().iterator();
      oldest.next().graph.close();
      oldest.remove();
    }
  }

  /** Closes the graphs whose memory moved as the arena grew. */
  private void closeDisplaced() {
    Iterator<ForwardGraph> all = graphs.values().iterator();
    while (all.hasNext()) {
      Graph graph = all.next().graph;
      if (!graph.hasMemory()) {
        graph.close();
        all.remove();
      }
    }
  }

  /** Bytes of the intermediate tensors. */
  long bufferBytes() {
    return arena.bytes();
  }

  private ForwardGraph build(Shape shape) {
    GraphBuilder builder = new GraphBuilder();
    CachedPass pass = new CachedPass(builder, shape, states, contextLength);
    try {
      builder.observe(observer::observes);
      builder.adapters(shape.adapters());
      model.network().stage(shape.stage()).forward(pass);
    } catch (Throwable e) {
      builder.discard();
      throw e;
    }
    return new ForwardGraph(pass, builder.build(arena));
  }

  @Override
  public void close() {
    for (ForwardGraph graph : graphs.values()) {
      graph.graph.close();
    }
    graphs.clear();
    arena.close();
  }

  /** A compute graph of the forward pass, and how its inputs are filled. */
  static final class ForwardGraph {
    private final CachedPass pass;
    private final Graph graph;

    private ForwardGraph(CachedPass pass, Graph graph) {
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
