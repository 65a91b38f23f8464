package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.CustomOp;
import dev.myelin.natives.KernelInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Matmuls, by ggml or by native kernels. Not thread-safe. */
abstract class MatmulOps extends RowOps {
  final List<MatmulInput> matmulInputs = new ArrayList<>();
  private final GroupedExperts experts = new GroupedExperts();
  private final Map<Long, Tensor> hadamardMatrices = new HashMap<>();
  private Predicate<String> observedWeights = name -> false;
  private KernelSelector kernels;

  /** Chooses the kernel of each operation that more than one computes. */
  public KernelSelector kernels() {
    if (kernels == null) {
      kernels = new KernelSelector(self());
    }
    return kernels;
  }

  /**
   * Keeps the matmul inputs of the weights that are added from now on and whose name matches.
   * {@link Graph#matmulInputs} returns them after each computation.
   */
  public void observe(Predicate<String> weights) {
    observedWeights = weights;
  }

  private void captureInput(Tensor w, Tensor x, Tensor experts) {
    if (observedWeights.test(w.name())) {
      Tensor rows = x.isContiguousFrom(0) ? x : contiguous(x);
      rows.markOutput();
      // if its producer is fused with quantisation, no other node needs it
      expand(rows);
      if (experts != null) {
        experts.markOutput();
      }
      matmulInputs.add(new MatmulInput(w.name(), w.dim(2), rows, experts));
    }
  }

  /** W [k, n, ...] times X [k, m, ...], giving [n, m, ...]. */
  public Tensor matmul(Tensor w, Tensor x) {
    Shapes.check(
        w.dim(0) == x.dim(0)
            && x.dim(2) % w.dim(2) == 0
            && x.dim(3) % w.dim(3) == 0
            && w.type().isMatmulType()
            && w.isContiguousFrom(0)
            && Shapes.isF32Rows(x),
        "matmul",
        w,
        x);
    captureInput(w, x, null);
    return propagateNaN(w, x, wrap(Ggml_h.ggml_mul_mat(ctx(2), w.struct(), x.struct())));
  }

  /**
   * Sets the rows of {@code y} to NaN where the row of {@code x} is not finite: ggml quantises the
   * activations of quantised weights, which loses NaN. Training checks its loss and gradients
   * instead.
   */
  Tensor propagateNaN(Tensor w, Tensor x, Tensor y) {
    if (!w.type().isQuantized() || isDifferentiable() || x.stride(0) != Float.BYTES) {
      return y;
    }
    return customInPlace(y, CustomOp.PROPAGATE_NAN, x);
  }

  /** A [n, k, ...] times B [m, k, ...], summed over k, giving [n, m, ...]; f32. */
  public Tensor outerProduct(Tensor a, Tensor b) {
    Shapes.check(
        Shapes.isF32Rows(a)
            && Shapes.isF32(b)
            && a.dim(1) == b.dim(1)
            && b.dim(2) % a.dim(2) == 0
            && b.dim(3) % a.dim(3) == 0
            && a.stride(0) <= a.stride(1),
        "outerProduct",
        a,
        b);
    return wrap(Ggml_h.ggml_out_prod(ctx(2), a.struct(), b.struct()));
  }

  /**
   * The Walsh-Hadamard transform of each row, divided by the root of its length n: f32, n a power
   * of two. Its own inverse.
   */
  public Tensor hadamard(Tensor a) {
    long n = a.dim(0);
    Shapes.check(Shapes.isF32Rows(a) && n == Long.highestOneBit(n), "hadamard", a);
    // ggml transforms in place of this matmul and does not read the matrix
    Tensor matrix =
        hadamardMatrices.computeIfAbsent(
            n, k -> wrap(context.tensor("hadamard", GgmlType.F32, k, k).struct()));
    Tensor y = wrap(Ggml_h.ggml_mul_mat(ctx(2), matrix.struct(), a.struct()));
    Ggml_h.ggml_mul_mat_set_hint(y.struct(), Ggml_h.GGML_HINT_SRC0_IS_HADAMARD());
    return y;
  }

  /**
   * {@link #matmul} by a native kernel. For quantised weights, X is quantised once and shared by
   * all its matmuls. Requires {@link NativeKernels#supportsMatmul}.
   */
  public Tensor matmulNative(Tensor w, Tensor x) {
    Shapes.check(NativeKernels.supportsMatmul(w, x), "matmulNative", w, x);
    return matmulNode(List.of(w), w.dim(1), x.dim(1), x);
  }

  /**
   * Multiplies several weights with the same X in one operation: the threads share the rows of all
   * weights and synchronise once. Requires {@link NativeKernels#supportsGroupedMatmul}.
   */
  public List<Tensor> groupedMatmul(List<Tensor> weights, Tensor x) {
    Shapes.check(
        NativeKernels.supportsGroupedMatmul(weights, x), "groupedMatmul", weights.getFirst(), x);
    long rows = weights.stream().mapToLong(w -> w.dim(1)).sum();
    Tensor all = matmulNode(weights, rows * x.dim(1), 1, x);
    List<Tensor> outputs = new ArrayList<>();
    long offset = 0;
    for (Tensor w : weights) {
      long row = w.dim(1) * Float.BYTES;
      outputs.add(view2d(all, w.dim(1), x.dim(1), row, offset));
      offset += row * x.dim(1);
    }
    return outputs;
  }

  private Tensor matmulNode(List<Tensor> weights, long d0, long d1, Tensor x) {
    weights.forEach(w -> captureInput(w, x, null));
    int format = NativeKernels.activationFormat(weights.getFirst());
    List<Tensor> sources = new ArrayList<>(weights);
    sources.add(NativeKernels.isF32(format) ? x : activations.quantized(self(), x, format));
    return custom(
        GgmlType.F32,
        d0,
        d1,
        CustomOp.MATMUL,
        context.scratch(KernelInfo.workQueueBytes()),
        sources.toArray(Tensor[]::new));
  }

  /**
   * The matmul of a mixture of experts: row j of token t is multiplied by expert ids[j, t]. W [k,
   * n, experts], X [k, 1 or used, m], ids i32 [used, m], giving [n, used, m].
   */
  public Tensor matmulExperts(Tensor w, Tensor x, Tensor ids) {
    Shapes.check(
        w.dim(0) == x.dim(0)
            && w.dim(3) == 1
            && x.dim(3) == 1
            && w.type().isMatmulType()
            && w.isContiguousFrom(0)
            && Shapes.isI32(ids)
            && ids.dim(1) == x.dim(2)
            && ids.dim(2) * ids.dim(3) == 1
            && ids.dim(0) % x.dim(1) == 0
            && Shapes.isF32Rows(x),
        "matmulExperts",
        w,
        x,
        ids);
    captureInput(w, x, ids);
    if (kernels().usesNativeExperts(w, x, ids)) {
      return experts.matmul(self(), w, x, ids);
    }
    Tensor y = wrap(Ggml_h.ggml_mul_mat_id(ctx(3), w.struct(), x.struct(), ids.struct()));
    return propagateNaN(w, x, y);
  }
}
