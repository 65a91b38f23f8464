package dev.myelin.pass;

import dev.myelin.cache.KvCache;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.NativeKernels;
import dev.myelin.graph.Tensor;

/**
 * A forward pass over a cache, which it reads and writes.
 *
 * <p>Inputs of the graph, to be filled before each computation: {@code tokens} i32 [tokens], {@code
 * positions} i32 [tokens], {@code cells} i64 [tokens] (where the cache keeps each position); where
 * attention is ggml's, {@code mask} f16 [cells, tokens] (0 where a token sees a cell, else
 * -infinity); and, unless every position is an output, {@code outputs} i32 [outputs].
 */
public final class CachedPass implements ForwardPass {
  /** The shape of a pass, by which graphs are reused. */
  public record Shape(int tokens, int cells, int outputs) {
    // A record's own equals leaves this class in a cache of the JDK, softly: no class loader that
    // used a session would be collected before memory is short.
    @Override
    public boolean equals(Object other) {
      return other instanceof Shape s
          && tokens == s.tokens
          && cells == s.cells
          && outputs == s.outputs;
    }

    @Override
    public int hashCode() {
      return 31 * (31 * tokens + cells) + outputs;
    }
  }

  private final GraphBuilder graph;
  private final Shape shape;
  private final KvCache cache;
  private final int contextLength;
  private final Tensor tokens;
  private final Tensor positions;
  private final Tensor cells;
  private final Tensor outputs;
  private Tensor mask;

  /**
   * @param contextLength the session's, by which some models choose their rope factors
   */
  public CachedPass(GraphBuilder graph, Shape shape, KvCache cache, int contextLength) {
    this.graph = graph;
    this.shape = shape;
    this.cache = cache;
    this.contextLength = contextLength;
    tokens = graph.input("tokens", GgmlType.I32, shape.tokens());
    positions = graph.input("positions", GgmlType.I32, shape.tokens());
    cells = graph.input("cells", GgmlType.I64, shape.tokens());
    outputs =
        shape.outputs() == shape.tokens()
            ? null
            : graph.input("outputs", GgmlType.I32, shape.outputs());
  }

  @Override
  public GraphBuilder graph() {
    return graph;
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  @Override
  public Tensor tokens() {
    return tokens;
  }

  @Override
  public Tensor positions() {
    return positions;
  }

  @Override
  public Tensor selectOutputs(Tensor x) {
    return outputs == null ? x : graph.getRows(x, outputs);
  }

  /** Writes this pass's keys and values to the cache and attends over all it holds. */
  @Override
  public Tensor attend(int layer, Tensor q, Tensor k, Tensor v, float scale) {
    // in this order, so that the three projections stand side by side in the graph
    graph.expand(q);
    graph.expand(v);
    graph.expand(k);
    graph.expand(cache.writeKeys(graph, layer, k, cells));
    graph.expand(cache.writeValues(graph, layer, v, cells));
    Tensor keys = cache.keys(graph, layer, shape.cells());
    Tensor values = cache.values(graph, layer, shape.cells());
    Tensor out =
        NativeKernels.supportsAttention(q, keys, values)
            ? graph.attentionNative(q, keys, values, positions, scale)
            : attendMasked(q, keys, values, scale);
    graph.expand(out);
    return out;
  }

  private Tensor attendMasked(Tensor q, Tensor keys, Tensor values, float scale) {
    if (mask == null) {
      mask = graph.input("mask", GgmlType.F16, shape.cells(), shape.tokens());
    }
    Tensor out = graph.attention(graph.transpose12(q), keys, values, mask, scale);
    return graph.reshape2d(out, out.dim(0) * out.dim(1), out.dim(2));
  }
}
