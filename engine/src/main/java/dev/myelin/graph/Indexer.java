package dev.myelin.graph;

import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.CustomOp;
import dev.myelin.natives.KernelInfo;
import java.lang.foreign.MemorySegment;

/** Adds the nodes of an indexer: its scores, and the positions with the largest. */
final class Indexer {
  private Indexer() {}

  /** See {@link GraphBuilder#select}. */
  static Tensor add(
      GraphBuilder g, Tensor q, Tensor k, Tensor weights, CachePages pages, int topK) {
    Tensor table = pages.table();
    Tensor ranges = pages.ranges();
    int type = k.type().id();
    Shapes.check(
        Shapes.isF32Rows(q)
            && Shapes.isF32Rows(weights)
            && KernelInfo.isGeneralAttentionSupported(type, k.dim(0), type, k.dim(0))
            && Shapes.hasDenseRows(k)
            && q.dim(0) == k.dim(0)
            && k.dim(2) * k.dim(3) * q.dim(3) == 1
            && weights.dim(0) == q.dim(1)
            && weights.dim(1) == q.dim(2)
            && weights.dim(2) * weights.dim(3) == 1
            && Shapes.isI32(table)
            && table.elements() == table.dim(0)
            && Shapes.isI32(ranges)
            && ranges.dim(0) == 2
            && ranges.elements() == 2 * q.dim(2)
            && topK >= 1,
        "select " + topK,
        q,
        k,
        weights);
    long positions = table.dim(0) * CachePages.pageCells();
    Tensor scores =
        g.custom(
            GgmlType.F32,
            positions,
            q.dim(2),
            CustomOp.INDEXER_SCORES,
            g.scratch(KernelInfo.workQueueBytes()),
            q,
            k,
            weights,
            table,
            ranges);
    return g.custom(
        GgmlType.I32,
        Math.min(topK, positions),
        q.dim(2),
        CustomOp.INDEXER_SELECT,
        MemorySegment.NULL,
        scores,
        ranges);
  }
}
