package dev.myelin.graph;

import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.CustomOp;
import dev.myelin.natives.KernelInfo;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Matmuls of a mixture of experts by native kernels. Rows are sorted by expert, so that the rows of
 * one expert are one GEMM. The sorted order, and the quantised rows for quantised weights, are
 * computed once and shared by all matrices that multiply the same rows.
 */
final class GroupedExperts {
  private final Map<Tensor, Tensor> sortedRows = new IdentityHashMap<>();
  private final Map<Tensor, Map<QuantizationKey, Tensor>> quantizedRows = new IdentityHashMap<>();

  /** The routing and the format that rows were quantised for. */
  private record QuantizationKey(Tensor ids, int format) {}

  /** W [k, n, experts], X [k, 1 or used, m], ids i32 [used, m], giving [n, used, m]. */
  Tensor matmul(GraphBuilder g, Tensor w, Tensor x, Tensor ids) {
    int format = NativeKernels.activationFormat(w);
    Tensor sorted = sortedRows.computeIfAbsent(ids, i -> sortByExpert(g, i, w.dim(2)));
    Tensor operand =
        NativeKernels.isF32(format)
            ? x
            : quantizedRows
                .computeIfAbsent(x, t -> new HashMap<>())
                .computeIfAbsent(
                    new QuantizationKey(ids, format), key -> quantize(g, x, sorted, key));
    return g.custom(
        GgmlType.F32,
        w.dim(1),
        ids.dim(0),
        ids.dim(1),
        CustomOp.MATMUL_BY_EXPERT,
        g.scratch(KernelInfo.workQueueBytes()),
        w,
        operand,
        sorted);
  }

  private static Tensor sortByExpert(GraphBuilder g, Tensor ids, long experts) {
    return g.custom(
        GgmlType.I32,
        2 + experts + ids.dim(0) * ids.dim(1),
        1,
        CustomOp.GROUP_BY_EXPERT,
        MemorySegment.ofAddress(experts),
        ids);
  }

  private static Tensor quantize(GraphBuilder g, Tensor x, Tensor sorted, QuantizationKey key) {
    return g.custom(
        GgmlType.I8,
        KernelInfo.activationRowBytes(key.format, x.dim(0)),
        key.ids.dim(0) * key.ids.dim(1),
        CustomOp.QUANTIZE_BY_EXPERT,
        MemorySegment.ofAddress(key.format),
        x,
        sorted);
  }
}
