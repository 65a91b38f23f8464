package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Builds a compute graph, one method per operation. Shapes are in ggml's order: row length first.
 * Each method checks what ggml would assert, and throws {@link dev.myelin.error.MyelinException}
 * naming the operation and the tensors. Not thread-safe.
 */
public class GraphBuilder extends WkvOps {
  @Override
  final GraphBuilder self() {
    return this;
  }

  /** Allocates the graph's memory. The builder must not be used afterwards. */
  public Graph build() {
    return build(null);
  }

  /**
   * Places the graph in an arena that others share; null for one of its own. The builder must not
   * be used afterwards.
   */
  public Graph build(@Nullable ComputeArena arena) {
    MemorySegment graph = context.newGraph(0, false);
    expandInto(graph);
    complete(graph);
    return Graph.allocate(context, graph, inputs, outputs, List.copyOf(matmulInputs), arena);
  }

  /** Changes the nodes of a graph before its memory is allocated. */
  void complete(MemorySegment graph) {}

  /** Frees a graph that was not built. */
  public void discard() {
    context.close();
  }

  /**
   * softmax(scale * QKᵀ + mask) V, computed in one pass (Dao et al. 2022), accumulated in f32. Q
   * f32 [headSize, tokens, heads], K and V [headSize, cells, kvHeads], mask f16 [cells, tokens];
   * gives [headSize, heads, tokens]. By ggml; for comparisons.
   */
  Tensor maskedAttention(Tensor q, Tensor k, Tensor v, Tensor mask, float scale) {
    Shapes.check(
        Shapes.isF32(q)
            && q.dim(0) == k.dim(0)
            && k.dim(1) == v.dim(1)
            && k.dim(2) == v.dim(2)
            && q.dim(2) % k.dim(2) == 0
            && q.dim(3) == 1
            && k.dim(3) == 1
            && v.dim(3) == 1
            && mask.type() == GgmlType.F16
            && mask.dim(0) == k.dim(1)
            && mask.dim(1) >= q.dim(1)
            && mask.isContiguousFrom(0)
            && q.stride(0) == Float.BYTES
            && k.stride(0) == k.type().blockBytes()
            && v.stride(0) == v.type().blockBytes(),
        "maskedAttention",
        q,
        k,
        v,
        mask);
    MemorySegment result =
        Ggml_h.ggml_flash_attn_ext(
            ctx(4), q.struct(), k.struct(), v.struct(), mask.struct(), scale, 0f, 0f);
    Ggml_h.ggml_prec_set_acc(result, Ggml_h.GGML_PREC_F32());
    // ggml quantises Q if the cache is quantised
    return k.type().isQuantized() ? propagateNaN(k, transpose12(q), wrap(result)) : wrap(result);
  }

  /**
   * Attention over the pages of a cache, by a native kernel: bit-identical for any batch, number of
   * threads, placement of pages and instruction set. Q f32 [keySize, heads, tokens], K [keySize,
   * cells, kvHeads], V [valueSize, cells, kvHeads], which may be of different types and share
   * memory; gives [valueSize * heads, tokens], zeros for a token that sees nothing.
   */
  public Tensor attention(
      Tensor q, Tensor k, Tensor v, CachePages pages, AttentionParameters parameters) {
    return PagedAttention.add(this, q, k, v, pages, parameters);
  }

  /**
   * The positions that sparse attention selects by an indexer (DeepSeek-V3.2): those with the
   * largest sums over heads of weight * max(QKᵀ, 0), among the positions that a token sees. By a
   * native kernel: bit-identical as attention is.
   *
   * @param q f32 [size, heads, tokens]
   * @param k [size, cells, 1]
   * @param weights f32 [heads, tokens]
   * @param topK fewer if there are not as many cells
   * @return i32 [topK, tokens], ascending, then -1
   */
  public Tensor select(Tensor q, Tensor k, Tensor weights, CachePages pages, int topK) {
    return Indexer.add(this, q, k, weights, pages, topK);
  }
}
