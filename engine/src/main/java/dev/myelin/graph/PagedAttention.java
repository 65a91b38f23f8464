package dev.myelin.graph;

import dev.myelin.bindings.kernels.myelin_attention_params;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.CustomOp;
import dev.myelin.natives.KernelInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Adds nodes of attention over pages, by the fast kernel where it serves, else by the general. */
final class PagedAttention {
  private PagedAttention() {}

  /**
   * See {@link GraphBuilder#attention(Tensor, Tensor, Tensor, CachePages, AttentionParameters)}.
   */
  static Tensor add(
      GraphBuilder g, Tensor q, Tensor k, Tensor v, CachePages pages, AttentionParameters p) {
    Shapes.check(areOperands(q, k, v), "attention", q, k, v);
    Tensor table = pages.table();
    Tensor ranges = pages.ranges();
    Shapes.check(
        isIndices(table, table.dim(0), 1) && isIndices(ranges, 2, q.dim(2)),
        "attention: pages",
        q,
        table,
        ranges);
    boolean isFast = g.kernels().usesFastAttention(q, k, v, p);
    MemorySegment params = g.scratch(myelin_attention_params.sizeof());
    myelin_attention_params.scale(params, p.scale());
    List<Tensor> sources = new ArrayList<>(List.of(q, k, v, table, ranges));
    if (!isFast) {
      addOptions(g, q, p, params, sources);
    }
    return g.custom(
        GgmlType.F32,
        v.dim(0) * q.dim(1),
        q.dim(2),
        isFast ? CustomOp.ATTENTION : CustomOp.ATTENTION_GENERAL,
        params,
        sources.toArray(Tensor[]::new));
  }

  private static boolean areOperands(Tensor q, Tensor k, Tensor v) {
    return Shapes.isF32(q)
        && KernelInfo.isGeneralAttentionSupported(k.type().id(), k.dim(0), v.type().id(), v.dim(0))
        && q.dim(0) == k.dim(0)
        && q.dim(1) % k.dim(2) == 0
        && k.dim(1) == v.dim(1)
        && k.dim(2) == v.dim(2)
        && q.dim(3) == 1
        && k.dim(3) == 1
        && v.dim(3) == 1
        && q.stride(0) == Float.BYTES
        && k.stride(0) == k.type().blockBytes()
        && v.stride(0) == v.type().blockBytes();
  }

  private static boolean isIndices(Tensor t, long d0, long d1) {
    return t.type() == GgmlType.I32
        && t.dim(0) == d0
        && t.elements() == d0 * d1
        && t.isContiguousFrom(0);
  }

  /** Writes the parameters and adds the optional sources, in the order of the native header. */
  private static void addOptions(
      GraphBuilder g, Tensor q, AttentionParameters p, MemorySegment params, List<Tensor> sources) {
    long heads = q.dim(1);
    int present = 0;
    myelin_attention_params.soft_cap(params, p.softCap());
    boolean hasDistances = p.slopes() != null || p.relativeBias() != null;
    if (hasDistances) {
      Shapes.check(
          p.selected() == null && p.positions() != null && isIndices(p.positions(), q.dim(2), 1),
          "attention: biases need positions, and no selected ones",
          q);
      sources.add(p.positions());
      present |= KernelInfo.attentionPositions();
    }
    if (p.slopes() != null) {
      Shapes.check(p.slopes().length == heads, "attention: " + p.slopes().length + " slopes", q);
      MemorySegment slopes = g.scratch(heads * Float.BYTES);
      MemorySegment.copy(p.slopes(), 0, slopes, ValueLayout.JAVA_FLOAT, 0, p.slopes().length);
      myelin_attention_params.slopes(params, slopes);
    }
    if (p.sinks() != null) {
      Shapes.check(isFloats(p.sinks(), heads, 1), "attention: sinks", q, p.sinks());
      sources.add(p.sinks());
      present |= KernelInfo.attentionSinks();
    }
    if (p.relativeBias() != null) {
      sources.add(relativeBias(g, q, p.relativeBias(), params));
      present |= KernelInfo.attentionRelative();
    }
    if (p.selected() != null) {
      Tensor selected = p.selected();
      Shapes.check(
          isIndices(selected, selected.dim(0), q.dim(2)), "attention: selected", q, selected);
      sources.add(selected);
      present |= KernelInfo.attentionSelected();
    }
    myelin_attention_params.sources(params, present);
  }

  private static Tensor relativeBias(
      GraphBuilder g, Tensor q, AttentionParameters.RelativeBias bias, MemorySegment params) {
    int[] buckets = bias.buckets();
    boolean areBuckets = buckets.length % 2 == 1 && bias.distance() <= 1 << 16;
    for (int bucket : buckets) {
      areBuckets &= bucket >= 0 && bucket < bias.values().dim(1);
    }
    Shapes.check(
        areBuckets && isFloats(bias.values(), q.dim(1), bias.values().dim(1)),
        "attention: relative bias",
        q,
        bias.values());
    MemorySegment table = g.scratch((long) buckets.length * Integer.BYTES);
    MemorySegment.copy(buckets, 0, table, ValueLayout.JAVA_INT, 0, buckets.length);
    myelin_attention_params.buckets(params, table);
    myelin_attention_params.distance(params, bias.distance());
    return bias.values();
  }

  private static boolean isFloats(Tensor t, long d0, long d1) {
    return Shapes.isF32(t) && t.dim(0) == d0 && t.elements() == d0 * d1 && t.isContiguousFrom(0);
  }
}
