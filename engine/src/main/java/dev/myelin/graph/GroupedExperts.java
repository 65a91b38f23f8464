package dev.myelin.graph;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Matmuls of a mixture of experts by Myelin's own kernels: rows are sorted by expert, so that what
 * one expert answers is one product. Sorting and quantising (of rows for weights that are no
 * floats) are done once for all the matrices that the same rows are multiplied with.
 */
final class GroupedExperts {
  private final Map<Tensor, Tensor> groups = new IdentityHashMap<>();
  private final Map<Tensor, Map<Use, Tensor>> rows = new IdentityHashMap<>();

  /** What rows were quantised for. */
  private record Use(Tensor ids, int format) {}

  /** W [k, n, experts], X [k, 1 or used, m], ids i32 [used, m], giving [n, used, m]. */
  Tensor matmul(GraphBuilder g, Tensor w, Tensor x, Tensor ids) {
    int format = OwnKernels.format(w);
    Tensor sorted = groups.computeIfAbsent(ids, chosen -> sort(g, chosen, w.dim(2)));
    Tensor operand =
        OwnKernels.isF32(format)
            ? x
            : rows.computeIfAbsent(x, t -> new HashMap<>())
                .computeIfAbsent(new Use(ids, format), use -> quantize(g, x, sorted, use));
    return g.custom(
        GgmlType.F32,
        w.dim(1),
        ids.dim(0),
        ids.dim(1),
        KernelsLibrary.matmulGroupsOperation(),
        g.scratch(KernelsLibrary.progressBytes()),
        w,
        operand,
        sorted);
  }

  private static Tensor sort(GraphBuilder g, Tensor ids, long experts) {
    return g.custom(
        GgmlType.I32,
        2 + experts + ids.dim(0) * ids.dim(1),
        1,
        KernelsLibrary.groupOperation(),
        MemorySegment.ofAddress(experts),
        ids);
  }

  private static Tensor quantize(GraphBuilder g, Tensor x, Tensor sorted, Use use) {
    return g.custom(
        GgmlType.I8,
        KernelsLibrary.activationBytes(use.format, x.dim(0)),
        use.ids.dim(0) * use.ids.dim(1),
        KernelsLibrary.quantizeGroupsOperation(),
        MemorySegment.ofAddress(use.format),
        x,
        sorted);
  }
}
