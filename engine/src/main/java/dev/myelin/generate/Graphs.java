package dev.myelin.generate;

import dev.myelin.cache.KvCache;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.model.Model;
import dev.myelin.model.config.Hyperparameters;
import dev.myelin.pass.CachedPass;
import dev.myelin.pass.CachedPass.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** A session's graphs: the last one for single tokens and the last one for batches. */
final class Graphs implements AutoCloseable {
  static final String LOGITS = "logits";

  /** Upper bounds of the operations in a layer, and outside of them. */
  private static final int LAYER_NODES = 64;

  private static final int EXPERT_NODES = 4;
  private static final int OTHER_NODES = 32;

  private final Model model;
  private final KvCache cache;
  private final int contextLength;
  private final ActivationObserver observer;
  private Step single;
  private Step batch;

  Graphs(Model model, KvCache cache, int contextLength, ActivationObserver observer) {
    this.model = model;
    this.cache = cache;
    this.contextLength = contextLength;
    this.observer = observer;
  }

  /** The graph of that shape, built unless it is the one at hand. */
  Step step(Shape shape) {
    boolean one = shape.tokens() == 1;
    Step held = one ? single : batch;
    if (held != null && held.shape.equals(shape)) {
      return held;
    }
    // Gone before the next one takes its memory, and not kept: building may fail.
    hold(one, null);
    if (held != null) {
      held.graph.close();
    }
    Step built = build(shape);
    hold(one, built);
    return built;
  }

  private void hold(boolean one, Step step) {
    if (one) {
      single = step;
    } else {
      batch = step;
    }
  }

  private Step build(Shape shape) {
    Hyperparameters hp = model.hyperparameters();
    int perLayer = LAYER_NODES + EXPERT_NODES * hp.experts().used();
    GraphBuilder builder =
        new GraphBuilder(OTHER_NODES + hp.layers() * perLayer + model.adapterNodes());
    try {
      builder.observe(observer::observes);
      CachedPass pass = new CachedPass(builder, shape, cache, contextLength);
      builder.output(LOGITS, model.network().logits(pass));
    } catch (Throwable e) {
      builder.discard();
      throw e;
    }
    return new Step(shape, builder.build());
  }

  @Override
  public void close() {
    for (Step step : Arrays.asList(single, batch)) {
      if (step != null) {
        step.graph.close();
      }
    }
    single = null;
    batch = null;
  }

  /** A graph and how its inputs are filled. */
  static final class Step {
    private static final short VISIBLE = Float.floatToFloat16(0f);
    private static final short HIDDEN = Float.floatToFloat16(Float.NEGATIVE_INFINITY);

    private final Shape shape;
    private final Graph graph;

    private Step(Shape shape, Graph graph) {
      this.shape = shape;
      this.graph = graph;
    }

    Graph graph() {
      return graph;
    }

    /** Token i of the pass is {@code ids[from + i]} at {@code position + i}. */
    void fill(int[] ids, int from, int position) {
      MemorySegment tokens = graph.input("tokens");
      MemorySegment positions = graph.input("positions");
      MemorySegment cells = graph.input("cells");
      for (int i = 0; i < shape.tokens(); i++) {
        tokens.setAtIndex(ValueLayout.JAVA_INT, i, ids[from + i]);
        positions.setAtIndex(ValueLayout.JAVA_INT, i, position + i);
        cells.setAtIndex(ValueLayout.JAVA_LONG, i, position + i);
      }
      if (graph.hasInput("mask")) {
        fillMask(graph.input("mask"), position);
      }
      if (shape.outputs() != shape.tokens()) {
        MemorySegment outputs = graph.input("outputs");
        for (int i = 0; i < shape.outputs(); i++) {
          outputs.setAtIndex(ValueLayout.JAVA_INT, i, shape.tokens() - shape.outputs() + i);
        }
      }
    }

    /** Causal: a token sees itself and what came before. */
    private void fillMask(MemorySegment mask, int position) {
      short[] row = new short[shape.cells()];
      Arrays.fill(row, HIDDEN);
      Arrays.fill(row, 0, position, VISIBLE);
      for (int i = 0; i < shape.tokens(); i++) {
        row[position + i] = VISIBLE;
        long at = (long) i * shape.cells() * Short.BYTES;
        MemorySegment.copy(row, 0, mask, ValueLayout.JAVA_SHORT, at, shape.cells());
      }
    }
  }
}
