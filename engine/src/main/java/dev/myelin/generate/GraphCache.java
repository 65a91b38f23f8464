package dev.myelin.generate;

import dev.myelin.cache.KvCache;
import dev.myelin.graph.CachePages;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.model.Model;
import dev.myelin.pass.CachedPass;
import dev.myelin.pass.CachedPass.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A session's compute graphs: the last one for single tokens and the last one for batches. */
final class GraphCache implements AutoCloseable {
  private final Model model;
  private final KvCache cache;
  private final int contextLength;
  private final ActivationObserver observer;
  private @Nullable ForwardGraph single;
  private @Nullable ForwardGraph batch;

  GraphCache(Model model, KvCache cache, int contextLength, ActivationObserver observer) {
    this.model = model;
    this.cache = cache;
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
    try {
      builder.observe(observer::observes);
      model.network().forward(new CachedPass(builder, shape, cache, contextLength));
    } catch (Throwable e) {
      builder.discard();
      throw e;
    }
    return new ForwardGraph(shape, builder.build());
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
    private final Graph graph;

    private ForwardGraph(Shape shape, Graph graph) {
      this.shape = shape;
      this.graph = graph;
    }

    Graph graph() {
      return graph;
    }

    /**
     * Fills the inputs: token i of the pass is {@code ids[from + i]} at position {@code position +
     * i}.
     */
    void fill(int[] ids, int from, int position) {
      MemorySegment tokens = graph.input("tokens");
      MemorySegment positions = graph.input("positions");
      MemorySegment cells = graph.input("cells");
      for (int i = 0; i < shape.tokens(); i++) {
        tokens.setAtIndex(ValueLayout.JAVA_INT, i, ids[from + i]);
        positions.setAtIndex(ValueLayout.JAVA_INT, i, position + i);
        cells.setAtIndex(ValueLayout.JAVA_LONG, i, position + i);
      }
      fillPages(position);
      if (shape.outputs() != shape.tokens()) {
        MemorySegment outputs = graph.input("outputs");
        for (int i = 0; i < shape.outputs(); i++) {
          outputs.setAtIndex(ValueLayout.JAVA_INT, i, shape.tokens() - shape.outputs() + i);
        }
      }
    }

    /** Cell i holds position i; a token sees itself and the positions before it. */
    private void fillPages(int position) {
      int[] firstCells = new int[shape.cells() / CachePages.pageCells()];
      int[] ranges = new int[2 * shape.tokens()];
      for (int i = 0; i < firstCells.length; i++) {
        firstCells[i] = i * CachePages.pageCells();
      }
      for (int i = 0; i < shape.tokens(); i++) {
        ranges[2 * i + 1] = position + i + 1;
      }
      CachePages.fill(graph, CachedPass.CACHE, firstCells, ranges, shape.cells());
    }
  }
}
