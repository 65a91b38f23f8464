package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.CustomOp;

/**
 * Rows by index. An index outside of the table ends the process when the graph is computed: who
 * fills the indices checks them. Not thread-safe.
 */
abstract class RowOps extends NormOps {
  /**
   * Gathers rows of {@code a} [n, rows, b] by index, i32 {@code ids} [m, b]: [n, m, b], i32 for an
   * i32 table, else f32.
   */
  public Tensor getRows(Tensor a, Tensor ids) {
    Shapes.check(
        Shapes.isI32(ids)
            && (a.type().isMatmulType() || Shapes.isI32(a) || a.type() == GgmlType.Q8_1)
            && Shapes.hasDenseRows(a)
            && a.dim(2) == ids.dim(1)
            && a.dim(3) == ids.dim(2)
            && ids.dim(3) == 1,
        "getRows",
        a,
        ids);
    return wrap(Ggml_h.ggml_get_rows(ctx(2), a.struct(), ids.struct()));
  }

  /**
   * Scatters the rows of f32 {@code b} [n, m, k] to the rows {@code ids} of {@code a} [n, rows, k],
   * of a type of caches. I64 ids [m] are the same for all k; i32 ids [m, k], for an f32 {@code a},
   * are those of each.
   */
  public Tensor setRows(Tensor a, Tensor b, Tensor ids) {
    boolean isShared = ids.type() == GgmlType.I64 && ids.elements() == ids.dim(0);
    boolean isOfEach = Shapes.isI32(ids) && Shapes.isF32(a) && ids.dim(1) == b.dim(2);
    Shapes.check(
        a.dim(0) == b.dim(0)
            && b.dim(1) == ids.dim(0)
            && a.dim(2) == b.dim(2)
            && a.dim(3) == 1
            && b.dim(3) == 1
            && (isShared || isOfEach)
            && ids.dim(2) * ids.dim(3) == 1
            && isWritable(a.type())
            && Shapes.hasDenseRows(a)
            && Shapes.isF32Rows(b),
        "setRows",
        a,
        b,
        ids);
    Tensor written = wrap(Ggml_h.ggml_set_rows(ctx(3), a.struct(), b.struct(), ids.struct()));
    // ggml loses NaN when it quantises
    return a.type().isQuantized()
        ? customInPlace(written, CustomOp.PROPAGATE_NAN_BLOCKS, b, ids)
        : written;
  }

  private static boolean isWritable(GgmlType type) {
    return switch (type) {
      case F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, IQ4_NL -> true;
      default -> false;
    };
  }

  /**
   * Adds to row j of token t the bias of its expert: {@code a} f32 [n, used, m], {@code biases} f32
   * [n, experts], {@code ids} i32 [used, m].
   */
  public Tensor addExpertBias(Tensor a, Tensor biases, Tensor ids) {
    Shapes.check(
        Shapes.isF32Rows(a)
            && Shapes.isF32Rows(biases)
            && Shapes.isI32(ids)
            && biases.dim(0) == a.dim(0)
            && biases.dim(2) * biases.dim(3) == 1
            && a.dim(1) == ids.dim(0)
            && a.dim(2) == ids.dim(1)
            && a.dim(3) * ids.dim(2) * ids.dim(3) == 1,
        "addExpertBias",
        a,
        biases,
        ids);
    return wrap(Ggml_h.ggml_add_id(ctx(3), a.struct(), biases.struct(), ids.struct()));
  }
}
