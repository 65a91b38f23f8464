package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;

/** Views of tensors, and copies in another layout or type. Not thread-safe. */
abstract class ViewOps extends GraphNodes {
  /** Swaps dimensions 1 and 2. */
  public Tensor transpose12(Tensor a) {
    return permute(a, 0, 2, 1, 3);
  }

  /** Reorders dimensions: dimension i of {@code a} becomes dimension {@code to[i]}. */
  public Tensor permute(Tensor a, int... to) {
    Shapes.check(Shapes.isPermutation(to), "permute", a);
    return wrap(Ggml_h.ggml_permute(ctx(1), a.struct(), to[0], to[1], to[2], to[3]));
  }

  public Tensor reshape2d(Tensor a, long d0, long d1) {
    Shapes.check(Shapes.isReshape(a, d0, d1, 1, 1), "reshape2d", a);
    return wrap(Ggml_h.ggml_reshape_2d(ctx(1), a.struct(), d0, d1));
  }

  public Tensor reshape3d(Tensor a, long d0, long d1, long d2) {
    Shapes.check(Shapes.isReshape(a, d0, d1, d2, 1), "reshape3d", a);
    return wrap(Ggml_h.ggml_reshape_3d(ctx(1), a.struct(), d0, d1, d2));
  }

  public Tensor reshape4d(Tensor a, long d0, long d1, long d2, long d3) {
    Shapes.check(Shapes.isReshape(a, d0, d1, d2, d3), "reshape4d", a);
    return wrap(Ggml_h.ggml_reshape_4d(ctx(1), a.struct(), d0, d1, d2, d3));
  }

  /** A view [d0] that starts at byte {@code offset}. */
  public Tensor view1d(Tensor a, long d0, long offset) {
    Shapes.check(Shapes.isInside(a, d0, 1, 1, 1, 0, 0, 0, offset), "view1d", a);
    return wrap(Ggml_h.ggml_view_1d(ctx(1), a.struct(), d0, offset));
  }

  /** A view [d0, d1] that starts at byte {@code offset}, {@code stride1} bytes from row to row. */
  public Tensor view2d(Tensor a, long d0, long d1, long stride1, long offset) {
    Shapes.check(Shapes.isInside(a, d0, d1, 1, 1, stride1, 0, 0, offset), "view2d", a);
    return wrap(Ggml_h.ggml_view_2d(ctx(1), a.struct(), d0, d1, stride1, offset));
  }

  /** A view [d0, d1, d2] that starts at byte {@code offset}; strides in bytes. */
  public Tensor view3d(
      Tensor a, long d0, long d1, long d2, long stride1, long stride2, long offset) {
    Shapes.check(Shapes.isInside(a, d0, d1, d2, 1, stride1, stride2, 0, offset), "view3d", a);
    return wrap(Ggml_h.ggml_view_3d(ctx(1), a.struct(), d0, d1, d2, stride1, stride2, offset));
  }

  /** A view [d0, d1, d2, d3] that starts at byte {@code offset}; strides in bytes. */
  public Tensor view4d(
      Tensor a,
      long d0,
      long d1,
      long d2,
      long d3,
      long stride1,
      long stride2,
      long stride3,
      long offset) {
    Shapes.check(
        Shapes.isInside(a, d0, d1, d2, d3, stride1, stride2, stride3, offset), "view4d", a);
    return wrap(
        Ggml_h.ggml_view_4d(ctx(1), a.struct(), d0, d1, d2, d3, stride1, stride2, stride3, offset));
  }

  /** The view of {@code count} indices of a dimension; {@code a} itself if that is all of them. */
  public Tensor slice(Tensor a, int dimension, long from, long count) {
    if (from == 0 && count == a.dim(dimension)) {
      return a;
    }
    long[] d = {a.dim(0), a.dim(1), a.dim(2), a.dim(3)};
    d[dimension] = count;
    return view4d(
        a,
        d[0],
        d[1],
        d[2],
        d[3],
        a.stride(1),
        a.stride(2),
        a.stride(3),
        from * a.stride(dimension));
  }

  /** A contiguous copy. */
  public Tensor contiguous(Tensor a) {
    Shapes.check(!a.type().isQuantized() || Shapes.hasDenseRows(a), "contiguous", a);
    return wrap(Ggml_h.ggml_cont(ctx(1), a.struct()));
  }

  /** A contiguous copy in another type; both f32, f16 or bf16. */
  public Tensor cast(Tensor a, GgmlType type) {
    Shapes.check(Shapes.isFloat(a.type()) && Shapes.isFloat(type), "cast to " + type.ggmlName(), a);
    return wrap(Ggml_h.ggml_cast(ctx(1), a.struct(), type.id()));
  }

  /** {@code a}, contiguous f32 with rows of whole blocks, rounded to values of q8_0. */
  public Tensor roundToQ8(Tensor a) {
    Shapes.check(canRoundToQ8(a), "roundToQ8", a);
    MemorySegment blocks = Ggml_h.ggml_cast(ctx(1), a.struct(), GgmlType.Q8_0.id());
    return wrap(Ggml_h.ggml_cast(ctx(1), blocks, GgmlType.F32.id()));
  }

  /** Whether {@link #roundToQ8} takes the tensor. */
  static boolean canRoundToQ8(Tensor a) {
    return Shapes.isF32(a)
        && a.isContiguousFrom(0)
        && Shapes.isMultiple(a.dim(0), GgmlType.Q8_0.blockSize());
  }

  /**
   * Writes {@code a} to {@code into}, which has memory of its own and as many elements: of the same
   * type, which is not quantised, or both of f32, f16 and bf16. {@link #expand} the result.
   */
  public Tensor copy(Tensor a, Tensor into) {
    boolean isSameType = a.type() == into.type() && !a.type().isQuantized();
    boolean isConversion = Shapes.isFloat(a.type()) && Shapes.isFloat(into.type());
    Shapes.check(a.elements() == into.elements() && (isSameType || isConversion), "copy", a, into);
    return wrap(Ggml_h.ggml_cpy(ctx(2), a.struct(), into.struct()));
  }

  /** {@code a} repeated to [d0, d1, d2]; f32. */
  public Tensor repeat3d(Tensor a, long d0, long d1, long d2) {
    return repeat4d(a, d0, d1, d2, 1);
  }

  /** {@code a} repeated to [d0, d1, d2, d3]; f32. */
  public Tensor repeat4d(Tensor a, long d0, long d1, long d2, long d3) {
    Shapes.check(
        Shapes.isF32Rows(a)
            && Shapes.isMultiple(d0, a.dim(0))
            && Shapes.isMultiple(d1, a.dim(1))
            && Shapes.isMultiple(d2, a.dim(2))
            && Shapes.isMultiple(d3, a.dim(3)),
        "repeat",
        a);
    return wrap(Ggml_h.ggml_repeat_4d(ctx(1), a.struct(), d0, d1, d2, d3));
  }

  /** {@code a} followed by {@code b} along a dimension; both f32 or i32, the others equal. */
  public Tensor concat(Tensor a, Tensor b, int dimension) {
    boolean fits =
        dimension >= 0
            && dimension < 4
            && a.type() == b.type()
            && (Shapes.isF32(a) || Shapes.isI32(a));
    for (int i = 0; i < 4; i++) {
      fits &= i == dimension || a.dim(i) == b.dim(i);
    }
    Shapes.check(fits, "concat along " + dimension, a, b);
    return wrap(Ggml_h.ggml_concat(ctx(2), a.struct(), b.struct(), dimension));
  }

  /** Appends so many zeros to each dimension; f32. */
  public Tensor pad(Tensor a, int p0, int p1, int p2, int p3) {
    Shapes.check(Shapes.isF32(a) && p0 >= 0 && p1 >= 0 && p2 >= 0 && p3 >= 0, "pad", a);
    return wrap(Ggml_h.ggml_pad(ctx(1), a.struct(), p0, p1, p2, p3));
  }
}
