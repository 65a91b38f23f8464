package dev.myelin.graph;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.KernelsLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Builds a compute graph, one method per operation. Shapes are in ggml's order: row length first.
 * Each method checks what ggml would assert, and throws {@link dev.myelin.error.MyelinException}
 * naming the operation and the tensors.
 */
public class GraphBuilder {
  /** GGML_N_TASKS_MAX. */
  private static final int ALL_THREADS = -1;

  private final TensorContext context;
  private final MemorySegment graph;
  private final Map<String, Tensor> inputs = new HashMap<>();
  private final Map<String, Tensor> outputs = new HashMap<>();
  private final Activations activations = new Activations();
  private final GroupedExperts experts = new GroupedExperts();
  private KernelSelector kernels;
  private final List<MatmulInput> matmulInputs = new ArrayList<>();
  private Predicate<String> observedWeights = name -> false;

  /**
   * @param nodes maximum number of operations, views included
   */
  public GraphBuilder(int nodes) {
    this(nodes, false);
  }

  /**
   * @param gradients whether to reserve space for gradients
   */
  GraphBuilder(int nodes, boolean gradients) {
    Ggml.require();
    // each operation adds one node and refers to at most two weights, which are leaves of the graph
    long size = 2L * nodes;
    context = new TensorContext(nodes + 1, Ggml_h.ggml_graph_overhead_custom(size, gradients));
    graph = Ggml_h.ggml_new_graph_custom(context.reserve(1), size, gradients);
  }

  /** Whether the graph will be differentiated. Only some operations have a derivative. */
  public boolean isDifferentiable() {
    return false;
  }

  /** Chooses the kernel of each operation that more than one computes. */
  public KernelSelector kernels() {
    if (kernels == null) {
      kernels = new KernelSelector(this);
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

  /** Allocates the graph's memory. The builder must not be used afterwards. */
  public Graph build() {
    return Graph.allocate(context, graph, inputs, outputs, List.copyOf(matmulInputs));
  }

  /** Frees a graph that was not built. */
  public void discard() {
    context.close();
  }

  // --- inputs, outputs, order

  /** Adds a tensor that the caller fills before each computation. */
  public Tensor input(String name, GgmlType type, long... dims) {
    Tensor t = wrap(context.tensor(name, type, dims).struct());
    Ggml_h.ggml_set_input(t.struct());
    inputs.put(name, t);
    return t;
  }

  /** A tensor with memory of its own as an operand of this graph. */
  public Tensor read(Tensor t) {
    return new Tensor(t.struct(), this);
  }

  /** Marks a tensor that the caller reads after each computation, and adds it to the graph. */
  public void output(String name, Tensor t) {
    Ggml_h.ggml_set_output(t.struct());
    outputs.put(name, t);
    expand(t);
  }

  /** Adds {@code t} and all it depends on to the graph now; for side effects such as a copy. */
  public void expand(Tensor t) {
    Ggml_h.ggml_build_forward_expand(graph, t.struct());
  }

  // --- element-wise

  /** {@code a + b}, b broadcast to the shape of a. */
  public Tensor add(Tensor a, Tensor b) {
    Shapes.check(isF32(a) && isF32(b) && Shapes.canBroadcast(a, b), "add", a, b);
    return wrap(Ggml_h.ggml_add(ggmlContext(), a.struct(), b.struct()));
  }

  /** {@code a * b}, b broadcast to the shape of a. */
  public Tensor multiply(Tensor a, Tensor b) {
    Shapes.check(isF32(a) && isF32(b) && Shapes.canBroadcast(a, b), "multiply", a, b);
    Tensor y = wrap(Ggml_h.ggml_mul(ggmlContext(), a.struct(), b.struct()));
    activations.recordMultiply(y, a, b);
    return y;
  }

  /** {@code a / b}, b broadcast to the shape of a. */
  public Tensor divide(Tensor a, Tensor b) {
    Shapes.check(isF32(a) && isF32(b) && Shapes.canBroadcast(a, b), "divide", a, b);
    return wrap(Ggml_h.ggml_div(ggmlContext(), a.struct(), b.struct()));
  }

  /** {@code a - b}, b broadcast to the shape of a. */
  public Tensor subtract(Tensor a, Tensor b) {
    Shapes.check(isF32(a) && isF32(b) && Shapes.canBroadcast(a, b), "subtract", a, b);
    return wrap(Ggml_h.ggml_sub(ggmlContext(), a.struct(), b.struct()));
  }

  /** 1 where {@code a > 0}, else 0. */
  public Tensor step(Tensor a) {
    Shapes.check(isF32(a) && a.isContiguousFrom(0), "step", a);
    return wrap(Ggml_h.ggml_step(ggmlContext(), a.struct()));
  }

  public Tensor scale(Tensor a, float factor) {
    Shapes.check(isF32(a) && a.isContiguousFrom(0), "scale", a);
    return wrap(Ggml_h.ggml_scale(ggmlContext(), a.struct(), factor));
  }

  public Tensor clamp(Tensor a, float low, float high) {
    Shapes.check(isF32(a) && low <= high, "clamp", a);
    return wrap(Ggml_h.ggml_clamp(ggmlContext(), a.struct(), low, high));
  }

  /** {@code silu(gate) * up} (SwiGLU, Shazeer 2020). */
  public Tensor swiglu(Tensor gate, Tensor up) {
    Shapes.check(
        isF32(gate)
            && isF32(up)
            && Shapes.isSameShape(gate, up)
            && gate.isContiguousFrom(1)
            && up.isContiguousFrom(1),
        "swiglu",
        gate,
        up);
    Tensor y = wrap(Ggml_h.ggml_swiglu_split(ggmlContext(), gate.struct(), up.struct()));
    activations.recordSwiglu(y, gate, up);
    return y;
  }

  /** GELU, tanh approximation (GPT-2). */
  public Tensor gelu(Tensor a) {
    Shapes.check(isF32(a) && a.isContiguousFrom(0), "gelu", a);
    return wrap(Ggml_h.ggml_gelu(ggmlContext(), a.struct()));
  }

  // --- norms and reductions over rows

  /** Root mean square norm of each row, without weight (Zhang and Sennrich 2019). */
  public Tensor rmsNorm(Tensor a, float epsilon) {
    Shapes.check(isF32(a) && epsilon >= 0, "rmsNorm", a);
    Tensor y = wrap(Ggml_h.ggml_rms_norm(ggmlContext(), a.struct(), epsilon));
    activations.recordRmsNorm(y, a, epsilon);
    return y;
  }

  /** Layer norm of each row, without weight and bias (Ba et al. 2016). */
  public Tensor layerNorm(Tensor a, float epsilon) {
    Shapes.check(isF32(a) && epsilon >= 0, "layerNorm", a);
    return wrap(Ggml_h.ggml_norm(ggmlContext(), a.struct(), epsilon));
  }

  public Tensor softmax(Tensor a) {
    Shapes.check(isF32(a) && a.isContiguousFrom(0), "softmax", a);
    return wrap(Ggml_h.ggml_soft_max(ggmlContext(), a.struct()));
  }

  /** Sum of each row: [n, ...] to [1, ...]. */
  public Tensor sumRows(Tensor a) {
    Shapes.check(isF32(a), "sumRows", a);
    return wrap(Ggml_h.ggml_sum_rows(ggmlContext(), a.struct()));
  }

  /** Indices of the k largest values of each row, largest first: [n, rows] to i32 [k, rows]. */
  public Tensor topK(Tensor a, int k) {
    Shapes.check(isF32(a) && k >= 1 && k <= a.dim(0), "topK", a);
    return wrap(Ggml_h.ggml_argsort_top_k(ggmlContext(2), a.struct(), k));
  }

  // --- matrices and rows

  /** W [k, n, ...] times X [k, m, ...], giving [n, m, ...]. */
  public Tensor matmul(Tensor w, Tensor x) {
    Shapes.check(
        w.dim(0) == x.dim(0)
            && x.dim(2) % w.dim(2) == 0
            && x.dim(3) % w.dim(3) == 0
            && w.isContiguousFrom(0)
            && isF32(x),
        "matmul",
        w,
        x);
    captureInput(w, x, null);
    return propagateNaN(w, x, wrap(Ggml_h.ggml_mul_mat(ggmlContext(), w.struct(), x.struct())));
  }

  /**
   * Sets the rows of {@code y} to NaN where the row of {@code x} is not finite: ggml quantises the
   * activations of quantised weights, which loses NaN. Training checks its loss and gradients
   * instead.
   */
  private Tensor propagateNaN(Tensor w, Tensor x, Tensor y) {
    if (!w.type().isQuantized() || isDifferentiable() || x.stride(0) != Float.BYTES) {
      return y;
    }
    return customInPlace(y, KernelsLibrary.propagateNaNOperation(), x);
  }

  /** Adds a node that a native function computes on all threads, in the memory of {@code a}. */
  private Tensor customInPlace(Tensor a, MemorySegment function, Tensor... src) {
    try (Arena arena = Arena.ofConfined()) {
      return wrap(
          Ggml_h.ggml_custom_inplace(
              ggmlContext(),
              a.struct(),
              structs(arena, src),
              src.length,
              function,
              ALL_THREADS,
              MemorySegment.NULL));
    }
  }

  private static MemorySegment structs(Arena arena, Tensor... tensors) {
    MemorySegment all = arena.allocate(ValueLayout.ADDRESS, tensors.length);
    for (int i = 0; i < tensors.length; i++) {
      all.setAtIndex(ValueLayout.ADDRESS, i, tensors[i].struct());
    }
    return all;
  }

  /** A [n, k, ...] times B [m, k, ...], summed over k, giving [n, m, ...]; f32. */
  public Tensor outerProduct(Tensor a, Tensor b) {
    Shapes.check(
        isF32(a)
            && isF32(b)
            && a.dim(1) == b.dim(1)
            && b.dim(2) % a.dim(2) == 0
            && b.dim(3) % a.dim(3) == 0
            && a.stride(0) == Float.BYTES
            && a.stride(0) <= a.stride(1),
        "outerProduct",
        a,
        b);
    return wrap(Ggml_h.ggml_out_prod(ggmlContext(), a.struct(), b.struct()));
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
    sources.add(NativeKernels.isF32(format) ? x : activations.quantized(this, x, format));
    return custom(
        GgmlType.F32,
        d0,
        d1,
        KernelsLibrary.matmulOperation(),
        context.scratch(KernelsLibrary.workQueueBytes()),
        sources.toArray(Tensor[]::new));
  }

  /** Zeroed memory for a node, valid as long as the graph. */
  MemorySegment scratch(long bytes) {
    return context.scratch(bytes);
  }

  /** Adds a node that a native function computes on all threads. */
  Tensor custom(
      GgmlType type, long d0, long d1, MemorySegment function, MemorySegment data, Tensor... src) {
    return custom(type, d0, d1, 1, function, data, src);
  }

  Tensor custom(
      GgmlType type,
      long d0,
      long d1,
      long d2,
      MemorySegment function,
      MemorySegment data,
      Tensor... src) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment sources = structs(arena, src);
      return wrap(
          Ggml_h.ggml_custom_4d(
              ggmlContext(),
              type.id(),
              d0,
              d1,
              d2,
              1,
              sources,
              src.length,
              function,
              ALL_THREADS,
              data));
    }
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
            && ids.type() == GgmlType.I32
            && ids.dim(1) == x.dim(2)
            && ids.dim(2) == 1
            && ids.dim(0) % x.dim(1) == 0
            && isF32(x),
        "matmulExperts",
        w,
        x,
        ids);
    captureInput(w, x, ids);
    if (kernels().usesNativeExperts(w, x, ids)) {
      return experts.matmul(this, w, x, ids);
    }
    Tensor y = wrap(Ggml_h.ggml_mul_mat_id(ggmlContext(), w.struct(), x.struct(), ids.struct()));
    return propagateNaN(w, x, y);
  }

  /** Gathers rows of {@code a} [n, rows, b] by index, i32 {@code ids} [m, b]: f32 [n, m, b]. */
  public Tensor getRows(Tensor a, Tensor ids) {
    Shapes.check(
        ids.type() == GgmlType.I32
            && a.dim(2) == ids.dim(1)
            && a.dim(3) == ids.dim(2)
            && ids.dim(3) == 1,
        "getRows",
        a,
        ids);
    return wrap(Ggml_h.ggml_get_rows(ggmlContext(), a.struct(), ids.struct()));
  }

  /** Scatters the rows of f32 {@code b} [n, m, k] to the rows i64 {@code ids} [m] of {@code a}. */
  public Tensor setRows(Tensor a, Tensor b, Tensor ids) {
    Shapes.check(
        a.dim(0) == b.dim(0)
            && b.dim(1) == ids.dim(0)
            && a.dim(2) == b.dim(2)
            && a.dim(3) == 1
            && b.dim(3) == 1
            && ids.type() == GgmlType.I64
            && isF32(b)
            && b.stride(0) == Float.BYTES,
        "setRows",
        a,
        b,
        ids);
    Tensor written =
        wrap(Ggml_h.ggml_set_rows(ggmlContext(), a.struct(), b.struct(), ids.struct()));
    // ggml loses NaN when it quantises
    return a.type().isQuantized()
        ? customInPlace(written, KernelsLibrary.propagateNaNBlocksOperation(), b, ids)
        : written;
  }

  // --- attention

  /**
   * Rotary position embedding (Su et al. 2021; YaRN, Peng et al. 2023) of {@code a} [headSize,
   * heads, tokens] at i32 {@code positions} [tokens].
   *
   * @param factors per-frequency divisors f32 [dims / 2], or null
   */
  public Tensor rope(Tensor a, Tensor positions, Tensor factors, RopeParameters p) {
    boolean hasValidFactors =
        factors == null || (isF32(factors) && factors.dim(0) >= p.dimensions() / 2);
    Shapes.check(
        isF32(a)
            && positions.type() == GgmlType.I32
            && a.dim(2) == positions.dim(0)
            && p.dimensions() <= a.dim(0)
            && hasValidFactors,
        "rope",
        a,
        positions);
    return wrap(
        Ggml_h.ggml_rope_ext(
            ggmlContext(),
            a.struct(),
            positions.struct(),
            factors == null ? MemorySegment.NULL : factors.struct(),
            p.dimensions(),
            p.type().ggmlMode(),
            p.originalContext(),
            p.freqBase(),
            p.freqScale(),
            p.extFactor(),
            p.attentionFactor(),
            p.betaFast(),
            p.betaSlow()));
  }

  /**
   * softmax(scale * QKᵀ + mask) V, computed in one pass (Dao et al. 2022), accumulated in f32. Q
   * f32 [headSize, tokens, heads], K and V [headSize, cells, kvHeads], mask f16 [cells, tokens];
   * gives [headSize, heads, tokens]. By ggml; for comparisons.
   */
  Tensor maskedAttention(Tensor q, Tensor k, Tensor v, Tensor mask, float scale) {
    Shapes.check(
        isF32(q)
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
            ggmlContext(), q.struct(), k.struct(), v.struct(), mask.struct(), scale, 0f, 0f);
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

  // --- views

  /** Swaps dimensions 1 and 2. */
  public Tensor transpose12(Tensor a) {
    return permute(a, 0, 2, 1, 3);
  }

  public Tensor reshape2d(Tensor a, long d0, long d1) {
    Shapes.check(a.isContiguousFrom(0) && a.elements() == d0 * d1, "reshape2d", a);
    return wrap(Ggml_h.ggml_reshape_2d(ggmlContext(), a.struct(), d0, d1));
  }

  public Tensor reshape3d(Tensor a, long d0, long d1, long d2) {
    Shapes.check(a.isContiguousFrom(0) && a.elements() == d0 * d1 * d2, "reshape3d", a);
    return wrap(Ggml_h.ggml_reshape_3d(ggmlContext(), a.struct(), d0, d1, d2));
  }

  /** A view [d0, d1] that starts at byte {@code offset}, {@code stride1} bytes from row to row. */
  public Tensor view2d(Tensor a, long d0, long d1, long stride1, long offset) {
    Shapes.check(isInside(a, d0, offset, stride1 * (d1 - 1)), "view2d", a);
    return wrap(Ggml_h.ggml_view_2d(ggmlContext(1), a.struct(), d0, d1, stride1, offset));
  }

  /** A view [d0, d1, d2] that starts at byte {@code offset}; strides in bytes. */
  public Tensor view3d(
      Tensor a, long d0, long d1, long d2, long stride1, long stride2, long offset) {
    Shapes.check(isInside(a, d0, offset, stride1 * (d1 - 1) + stride2 * (d2 - 1)), "view3d", a);
    return wrap(
        Ggml_h.ggml_view_3d(ggmlContext(1), a.struct(), d0, d1, d2, stride1, stride2, offset));
  }

  /** A contiguous copy. */
  public Tensor contiguous(Tensor a) {
    return wrap(Ggml_h.ggml_cont(ggmlContext(), a.struct()));
  }

  /** {@code a} repeated to [d0, d1, d2]. */
  public Tensor repeat3d(Tensor a, long d0, long d1, long d2) {
    boolean fits = d0 % a.dim(0) == 0 && d1 % a.dim(1) == 0 && d2 % a.dim(2) == 0;
    Shapes.check(isF32(a) && fits && a.dim(3) == 1, "repeat3d", a);
    return wrap(Ggml_h.ggml_repeat_4d(ggmlContext(), a.struct(), d0, d1, d2, 1));
  }

  /** Reorders dimensions: dimension i of {@code a} becomes dimension {@code to[i]}. */
  public Tensor permute(Tensor a, int... to) {
    Shapes.check(Shapes.isPermutation(to), "permute", a);
    return wrap(Ggml_h.ggml_permute(ggmlContext(), a.struct(), to[0], to[1], to[2], to[3]));
  }

  public Tensor reshape4d(Tensor a, long d0, long d1, long d2, long d3) {
    boolean fits = a.isContiguousFrom(0) && a.elements() == d0 * d1 * d2 * d3;
    Shapes.check(fits, "reshape4d", a);
    return wrap(Ggml_h.ggml_reshape_4d(ggmlContext(), a.struct(), d0, d1, d2, d3));
  }

  // --- helpers

  private void captureInput(Tensor w, Tensor x, Tensor experts) {
    if (observedWeights.test(w.name())) {
      Shapes.check(x.isContiguousFrom(0), "observe", w, x);
      x.markOutput();
      // if its producer is fused with quantisation, no other node needs it
      expand(x);
      if (experts != null) {
        experts.markOutput();
      }
      matmulInputs.add(new MatmulInput(w.name(), w.dim(2), x, experts));
    }
  }

  static boolean isF32(Tensor t) {
    return t.type() == GgmlType.F32;
  }

  private static boolean isInside(Tensor a, long row, long offset, long lastRow) {
    long end = offset + lastRow + a.type().bytes(row);
    return offset >= 0 && lastRow >= 0 && end <= a.stride(3) * a.dim(3);
  }

  MemorySegment graph() {
    return graph;
  }

  /** Marks a tensor that {@link #input} did not create as an input. */
  void markInput(String name, Tensor t) {
    Ggml_h.ggml_set_input(t.struct());
    inputs.put(name, t);
  }

  MemorySegment ggmlContext() {
    return context.reserve(1);
  }

  MemorySegment ggmlContext(int tensors) {
    return context.reserve(tensors);
  }

  Tensor wrap(MemorySegment result) {
    if (result.address() == 0) {
      throw new NativeLibraryException("ggml: no memory to describe another operation");
    }
    return new Tensor(result, this);
  }
}
