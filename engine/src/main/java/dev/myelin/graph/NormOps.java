package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;

/** Norms, softmax and reductions over rows; f32. Not thread-safe. */
abstract class NormOps extends GatedOps {
  /** Root mean square norm of each row, without weight (Zhang and Sennrich 2019). */
  public Tensor rmsNorm(Tensor a, float epsilon) {
    Shapes.check(Shapes.isF32Rows(a) && epsilon >= 0, "rmsNorm", a);
    Tensor y = wrap(Ggml_h.ggml_rms_norm(ctx(1), a.struct(), epsilon));
    activations.recordRmsNorm(y, a, epsilon);
    return y;
  }

  /** Layer norm of each row, without weight and bias (Ba et al. 2016). */
  public Tensor layerNorm(Tensor a, float epsilon) {
    Shapes.check(Shapes.isF32Rows(a) && epsilon >= 0, "layerNorm", a);
    return wrap(Ggml_h.ggml_norm(ctx(1), a.struct(), epsilon));
  }

  /** Each row divided by the larger of its Euclidean norm and {@code epsilon}. */
  public Tensor l2Norm(Tensor a, float epsilon) {
    Shapes.check(Shapes.isF32Rows(a) && epsilon >= 0, "l2Norm", a);
    return wrap(Ggml_h.ggml_l2_norm(ctx(1), a.struct(), epsilon));
  }

  /**
   * Group norm, without weight and bias (Wu and He 2018): {@code a} [w, h, channels, n] is
   * normalised over w, h and the channels of a group.
   *
   * @param groups a divisor of the number of channels
   */
  public Tensor groupNorm(Tensor a, int groups, float epsilon) {
    Shapes.check(
        Shapes.isF32Rows(a) && epsilon >= 0 && groups >= 1 && a.dim(2) % groups == 0,
        "groupNorm",
        a);
    return wrap(Ggml_h.ggml_group_norm(ctx(1), a.struct(), groups, epsilon));
  }

  public Tensor softmax(Tensor a) {
    Shapes.check(Shapes.isF32(a) && a.isContiguousFrom(0), "softmax", a);
    return wrap(Ggml_h.ggml_soft_max(ctx(1), a.struct()));
  }

  /**
   * Softmax of {@code scale * a + mask} over each row.
   *
   * @param a [n, rows, ...]
   * @param mask f32 or f16 [n, rows]
   */
  public Tensor softmax(Tensor a, Tensor mask, float scale) {
    Shapes.check(
        Shapes.isF32(a)
            && (Shapes.isF32(mask) || mask.type() == GgmlType.F16)
            && a.isContiguousFrom(0)
            && mask.isContiguousFrom(0)
            && mask.dim(0) == a.dim(0)
            && mask.dim(1) == a.dim(1)
            && mask.dim(2) * mask.dim(3) == 1,
        "softmax",
        a,
        mask);
    return wrap(Ggml_h.ggml_soft_max_ext(ctx(2), a.struct(), mask.struct(), scale, 0f));
  }

  /**
   * Softmax of {@code scale * a} over each row and one more score, whose probability is dropped
   * (Xiao et al. 2024).
   *
   * @param a [n, rows, heads, ...]
   * @param sinks that score of each head, f32 [heads]
   */
  public Tensor softmaxWithSinks(Tensor a, Tensor sinks, float scale) {
    Shapes.check(
        Shapes.isF32(a)
            && Shapes.isF32(sinks)
            && a.isContiguousFrom(0)
            && sinks.isContiguousFrom(0)
            && sinks.dim(0) == a.dim(2)
            && sinks.elements() == sinks.dim(0),
        "softmaxWithSinks",
        a,
        sinks);
    MemorySegment y = Ggml_h.ggml_soft_max_ext(ctx(2), a.struct(), MemorySegment.NULL, scale, 0f);
    Tensor result = wrap(y);
    Ggml_h.ggml_soft_max_add_sinks(y, sinks.struct());
    return result;
  }

  /** Sum of each row: [n, ...] to [1, ...]. */
  public Tensor sumRows(Tensor a) {
    Shapes.check(Shapes.isF32Rows(a), "sumRows", a);
    return wrap(Ggml_h.ggml_sum_rows(ctx(1), a.struct()));
  }

  /** Mean of each row: [n, ...] to [1, ...]. */
  public Tensor meanRows(Tensor a) {
    Shapes.check(Shapes.isF32Rows(a), "meanRows", a);
    return wrap(Ggml_h.ggml_mean(ctx(1), a.struct()));
  }

  /** Indices of the k largest values of each row, largest first: [n, rows] to i32 [k, rows]. */
  public Tensor topK(Tensor a, int k) {
    Shapes.check(
        Shapes.isF32Rows(a) && a.isContiguousFrom(1) && k >= 1 && k <= a.dim(0), "topK", a);
    return wrap(Ggml_h.ggml_argsort_top_k(context.reserve(2, 1), a.struct(), k));
  }
}
