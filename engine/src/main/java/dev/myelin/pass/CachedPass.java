package dev.myelin.pass;

import dev.myelin.cache.KvCache;
import dev.myelin.cache.KvState;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.AttentionParameters;
import dev.myelin.graph.CachePages;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;

/**
 * A forward pass for inference, which reads and writes a KV cache.
 *
 * <p>Inputs of the graph, to be filled before each computation: {@code tokens} i32 [tokens]; {@code
 * positions} i32 [tokens]; {@code cells} i64 [tokens], the cache cell of each position; the {@link
 * CachePages} {@link #CACHE}; {@code outputs} i32 [outputs], unless every position is an output.
 */
public final class CachedPass implements Pass {
  /** Name of the graph's output: f32 [vocabulary, outputs]. */
  public static final String LOGITS = "logits";

  /** The shape of a pass; graphs are reused by shape. */
  public record Shape(int tokens, int cells, int outputs) {
    // The generated equals keeps this class softly reachable from a JDK cache, which would delay
    // the
    // unloading of the class loader until memory is short.
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

  /** The name of the page table and ranges. */
  public static final String CACHE = "cache";

  private final GraphBuilder graph;
  private final Shape shape;
  private final KvCache cache;
  private final int contextLength;
  private final Tensor tokens;
  private final Tensor positions;
  private final Tensor cells;
  private final CachePages pages;
  private final Tensor outputs;

  /**
   * @param contextLength context length of the session; some models choose their RoPE factors by it
   */
  public CachedPass(GraphBuilder graph, Shape shape, KvCache cache, int contextLength) {
    this.graph = graph;
    this.shape = shape;
    this.cache = cache;
    this.contextLength = contextLength;
    tokens = graph.input("tokens", GgmlType.I32, shape.tokens());
    positions = graph.input("positions", GgmlType.I32, shape.tokens());
    cells = graph.input("cells", GgmlType.I64, shape.tokens());
    pages = CachePages.input(graph, CACHE, shape.cells() / CachePages.pageCells(), shape.tokens());
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
  public Tensor keep(Tensor x) {
    return outputs == null ? x : graph.getRows(x, outputs);
  }

  /** Writes this pass's keys and values to the cache and attends over the cache. */
  @Override
  public Tensor attend(KvState state, Tensor q, Tensor k, Tensor v, AttentionSpec spec) {
    // in this order, so that the three projections are adjacent in the graph
    graph.expand(q);
    graph.expand(v);
    graph.expand(k);
    graph.expand(cache.writeKeys(graph, state, k, cells));
    graph.expand(cache.writeValues(graph, state, v, cells));
    Tensor keys = cache.keys(graph, state, shape.cells());
    Tensor values = cache.values(graph, state, shape.cells());
    Tensor kqvOut = graph.attention(q, keys, values, pages, AttentionParameters.of(spec.scale()));
    graph.expand(kqvOut);
    return kqvOut;
  }

  @Override
  public void emitLogits(Tensor logits) {
    graph.output(LOGITS, logits);
  }
}
