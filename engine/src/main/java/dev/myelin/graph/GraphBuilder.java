package dev.myelin.graph;

import dev.myelin.bindings.KernelsLibrary;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Builds a compute graph, one operation a method; shapes are written in ggml's order, row first.
 * Every method checks what ggml would assert and throws {@link dev.myelin.error.MyelinException}
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
  private final List<Observation> observations = new ArrayList<>();
  private Predicate<String> observed = name -> false;

  /**
   * @param nodes upper bound of operations, views included
   */
  public GraphBuilder(int nodes) {
    this(nodes, false);
  }

  /**
   * @param gradients whether the graph has room for them
   */
  GraphBuilder(int nodes, boolean gradients) {
    Ggml.require();
    // every operation makes one node here and refers to at most two weights, the graph's leaves
    long size = 2L * nodes;
    context = new TensorContext(nodes + 1, Ggml_h.ggml_graph_overhead_custom(size, gradients));
    graph = Ggml_h.ggml_new_graph_custom(context.room(1), size, gradients);
  }

  /** Whether what is built will be differentiated: only some operations can be. */
  public boolean differentiable() {
    return false;
  }

  /**
   * From now on keeps what weights of such names are multiplied with: it can be read from the graph
   * after each computation.
   */
  public void observe(Predicate<String> weights) {
    observed = weights;
  }

  /** Allocates the graph's memory; this builder must not be used any more. */
  public Graph finish() {
    return Graph.allocate(context, graph, inputs, outputs, List.copyOf(observations));
  }

  /** Frees an unfinished graph. */
  public void discard() {
    context.close();
  }

  // --- inputs, outputs, order

  /** A tensor that the caller fills before each computation. */
  public Tensor input(String name, GgmlType type, long... dims) {
    Tensor t = context.tensor(name, type, dims);
    Ggml_h.ggml_set_input(t.struct());
    inputs.put(name, t);
    return t;
  }

  /** Marks what the caller reads after each computation, and puts it into the graph. */
  public void output(String name, Tensor t) {
    Ggml_h.ggml_set_output(t.struct());
    outputs.put(name, t);
    expand(t);
  }

  /** Puts {@code t} and all it depends on into the graph now; for side effects such as a copy. */
  public void expand(Tensor t) {
    Ggml_h.ggml_build_forward_expand(graph, t.struct());
  }

  // --- element-wise

  /** {@code a + b}, b repeated to the shape of a. */
  public Tensor add(Tensor a, Tensor b) {
    Shapes.check(isF32(a) && isF32(b) && Shapes.broadcasts(a, b), "add", a, b);
    return wrap(Ggml_h.ggml_add(next(), a.struct(), b.struct()));
  }

  /** {@code a * b}, b repeated to the shape of a. */
  public Tensor multiply(Tensor a, Tensor b) {
    Shapes.check(isF32(a) && isF32(b) && Shapes.broadcasts(a, b), "multiply", a, b);
    Tensor y = wrap(Ggml_h.ggml_mul(next(), a.struct(), b.struct()));
    activations.multiplied(y, a, b);
    return y;
  }

  /** {@code a / b}, b repeated to the shape of a. */
  public Tensor divide(Tensor a, Tensor b) {
    Shapes.check(isF32(a) && isF32(b) && Shapes.broadcasts(a, b), "divide", a, b);
    return wrap(Ggml_h.ggml_div(next(), a.struct(), b.struct()));
  }

  /** {@code a - b}, b repeated to the shape of a. */
  public Tensor subtract(Tensor a, Tensor b) {
    Shapes.check(isF32(a) && isF32(b) && Shapes.broadcasts(a, b), "subtract", a, b);
    return wrap(Ggml_h.ggml_sub(next(), a.struct(), b.struct()));
  }

  /** 1 where {@code a} is above 0, else 0. */
  public Tensor step(Tensor a) {
    Shapes.check(isF32(a) && a.isContiguousFrom(0), "step", a);
    return wrap(Ggml_h.ggml_step(next(), a.struct()));
  }

  public Tensor scale(Tensor a, float factor) {
    Shapes.check(isF32(a) && a.isContiguousFrom(0), "scale", a);
    return wrap(Ggml_h.ggml_scale(next(), a.struct(), factor));
  }

  public Tensor clamp(Tensor a, float low, float high) {
    Shapes.check(isF32(a) && low <= high, "clamp", a);
    return wrap(Ggml_h.ggml_clamp(next(), a.struct(), low, high));
  }

  /** {@code silu(gate) * up} (SwiGLU, Shazeer 2020). */
  public Tensor swiglu(Tensor gate, Tensor up) {
    Shapes.check(
        isF32(gate)
            && isF32(up)
            && Shapes.sameShape(gate, up)
            && gate.isContiguousFrom(1)
            && up.isContiguousFrom(1),
        "swiglu",
        gate,
        up);
    Tensor y = wrap(Ggml_h.ggml_swiglu_split(next(), gate.struct(), up.struct()));
    activations.gated(y, gate, up);
    return y;
  }

  /** GELU in its tanh form, as GPT-2 was trained with. */
  public Tensor gelu(Tensor a) {
    Shapes.check(isF32(a) && a.isContiguousFrom(0), "gelu", a);
    return wrap(Ggml_h.ggml_gelu(next(), a.struct()));
  }

  // --- norms and reductions, by row

  /** Root mean square norm of each row, without weight (Zhang and Sennrich 2019). */
  public Tensor rmsNorm(Tensor a, float epsilon) {
    Shapes.check(isF32(a) && epsilon >= 0, "rmsNorm", a);
    Tensor y = wrap(Ggml_h.ggml_rms_norm(next(), a.struct(), epsilon));
    activations.normed(y, a, epsilon);
    return y;
  }

  /** Layer norm of each row, without weight and bias (Ba et al. 2016). */
  public Tensor layerNorm(Tensor a, float epsilon) {
    Shapes.check(isF32(a) && epsilon >= 0, "layerNorm", a);
    return wrap(Ggml_h.ggml_norm(next(), a.struct(), epsilon));
  }

  public Tensor softMax(Tensor a) {
    Shapes.check(isF32(a) && a.isContiguousFrom(0), "softMax", a);
    return wrap(Ggml_h.ggml_soft_max(next(), a.struct()));
  }

  /** Sum of each row: [n, ...] to [1, ...]. */
  public Tensor sumRows(Tensor a) {
    Shapes.check(isF32(a), "sumRows", a);
    return wrap(Ggml_h.ggml_sum_rows(next(), a.struct()));
  }

  /** Indices of the k largest of each row, largest first: [n, rows] to i32 [k, rows]. */
  public Tensor topK(Tensor a, int k) {
    Shapes.check(isF32(a) && k >= 1 && k <= a.dim(0), "topK", a);
    return wrap(Ggml_h.ggml_argsort_top_k(room(2), a.struct(), k));
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
    observe(w, x, null);
    return carryNaN(w, x, wrap(Ggml_h.ggml_mul_mat(next(), w.struct(), x.struct())));
  }

  /**
   * ggml quantises what it multiplies with quantised weights, and drops NaN there: rows of {@code
   * y} whose row of x is not finite become NaN. Training looks at its loss and gradients.
   */
  private Tensor carryNaN(Tensor w, Tensor x, Tensor y) {
    if (!w.type().isQuantized() || differentiable() || x.stride(0) != Float.BYTES) {
      return y;
    }
    return inPlace(y, KernelsLibrary.carryOperation(), x);
  }

  /** A node computed by a native function on all threads, in the memory of {@code a}. */
  private Tensor inPlace(Tensor a, MemorySegment function, Tensor... src) {
    try (Arena arena = Arena.ofConfined()) {
      return wrap(
          Ggml_h.ggml_custom_inplace(
              next(),
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
    return wrap(Ggml_h.ggml_out_prod(next(), a.struct(), b.struct()));
  }

  /**
   * Like {@link #matmul} by Myelin's own kernels: X is quantised first, once for all the weights
   * that it is multiplied with, unless they are floats. Only where {@link OwnKernels#serve} holds.
   */
  public Tensor matmulOwn(Tensor w, Tensor x) {
    Shapes.check(OwnKernels.serve(w, x), "matmulOwn", w, x);
    return matmulNode(List.of(w), w.dim(1), x.dim(1), x);
  }

  /**
   * The products of several weights with one X, as one operation: threads share the rows of all,
   * and wait for each other once. Only where {@link OwnKernels#together} holds.
   */
  public List<Tensor> matmulOwn(List<Tensor> weights, Tensor x) {
    Shapes.check(OwnKernels.together(weights, x), "matmulOwn", weights.getFirst(), x);
    long rows = weights.stream().mapToLong(w -> w.dim(1)).sum();
    Tensor all = matmulNode(weights, rows * x.dim(1), 1, x);
    List<Tensor> products = new ArrayList<>();
    long offset = 0;
    for (Tensor w : weights) {
      long row = w.dim(1) * Float.BYTES;
      products.add(view2d(all, w.dim(1), x.dim(1), row, offset));
      offset += row * x.dim(1);
    }
    return products;
  }

  private Tensor matmulNode(List<Tensor> weights, long d0, long d1, Tensor x) {
    weights.forEach(w -> observe(w, x, null));
    int format = OwnKernels.format(weights.getFirst());
    List<Tensor> sources = new ArrayList<>(weights);
    sources.add(OwnKernels.isF32(format) ? x : activations.quantized(this, x, format));
    return custom(
        GgmlType.F32,
        d0,
        d1,
        KernelsLibrary.matmulOperation(),
        context.scratch(KernelsLibrary.progressBytes()),
        sources.toArray(Tensor[]::new));
  }

  /** Memory of zeroes that a node keeps for itself, as long as the graph lives. */
  MemorySegment scratch(long bytes) {
    return context.scratch(bytes);
  }

  /** A node computed by a native function, on all threads. */
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
              next(), type.id(), d0, d1, d2, 1, sources, src.length, function, ALL_THREADS, data));
    }
  }

  /**
   * The matmul of a mixture of experts: row j of position t is multiplied by expert ids[j, t]. W
   * [k, n, experts], X [k, 1 or used, m], ids i32 [used, m], giving [n, used, m].
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
    observe(w, x, ids);
    if (OwnKernels.fits(w, x) && (x.dim(1) == 1 || x.dim(1) == ids.dim(0))) {
      return experts.matmul(this, w, x, ids);
    }
    Tensor y = wrap(Ggml_h.ggml_mul_mat_id(next(), w.struct(), x.struct(), ids.struct()));
    return carryNaN(w, x, y);
  }

  /** Rows of {@code a} [n, rows, b] picked by i32 {@code ids} [m, b], as f32 [n, m, b]. */
  public Tensor rows(Tensor a, Tensor ids) {
    Shapes.check(
        ids.type() == GgmlType.I32
            && a.dim(2) == ids.dim(1)
            && a.dim(3) == ids.dim(2)
            && ids.dim(3) == 1,
        "rows",
        a,
        ids);
    return wrap(Ggml_h.ggml_get_rows(next(), a.struct(), ids.struct()));
  }

  /** Writes the rows of f32 {@code b} [n, m, k] over the rows i64 {@code ids} [m] of {@code a}. */
  public Tensor writeRows(Tensor a, Tensor b, Tensor ids) {
    Shapes.check(
        a.dim(0) == b.dim(0)
            && b.dim(1) == ids.dim(0)
            && a.dim(2) == b.dim(2)
            && a.dim(3) == 1
            && b.dim(3) == 1
            && ids.type() == GgmlType.I64
            && isF32(b)
            && b.stride(0) == Float.BYTES,
        "writeRows",
        a,
        b,
        ids);
    Tensor written = wrap(Ggml_h.ggml_set_rows(next(), a.struct(), b.struct(), ids.struct()));
    // ggml drops NaN as it quantises
    return a.type() == GgmlType.Q8_0
        ? inPlace(written, KernelsLibrary.carryQ8Operation(), b, ids)
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
    boolean factorsFit =
        factors == null || (isF32(factors) && factors.dim(0) >= p.dimensions() / 2);
    Shapes.check(
        isF32(a)
            && positions.type() == GgmlType.I32
            && a.dim(2) == positions.dim(0)
            && p.dimensions() <= a.dim(0)
            && factorsFit,
        "rope",
        a,
        positions);
    return wrap(
        Ggml_h.ggml_rope_ext(
            next(),
            a.struct(),
            positions.struct(),
            factors == null ? MemorySegment.NULL : factors.struct(),
            p.dimensions(),
            p.order().ggmlMode(),
            p.originalContext(),
            p.base(),
            p.scale(),
            p.extrapolation(),
            p.attentionFactor(),
            p.betaFast(),
            p.betaSlow()));
  }

  /**
   * softmax(scale * QKᵀ + mask) V, computed in one pass (Dao et al. 2022), accumulated in f32. Q
   * f32 [headSize, tokens, heads], K and V [headSize, cells, kvHeads], mask f16 [cells, tokens];
   * gives [headSize, heads, tokens].
   */
  public Tensor attention(Tensor q, Tensor k, Tensor v, Tensor mask, float scale) {
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
        "attention",
        q,
        k,
        v,
        mask);
    MemorySegment result =
        Ggml_h.ggml_flash_attn_ext(
            next(), q.struct(), k.struct(), v.struct(), mask.struct(), scale, 0f, 0f);
    Ggml_h.ggml_prec_set_acc(result, Ggml_h.GGML_PREC_F32());
    // Q is quantised for a cache that is
    return k.type().isQuantized() ? carryNaN(k, swapMiddle(q), wrap(result)) : wrap(result);
  }

  /**
   * Attention by Myelin's own kernel: softmax(scale * QKᵀ) V, where a token sees the cells up to
   * its position. Q f32 [headSize, heads, tokens], K and V [headSize, cells, kvHeads], i32
   * positions [tokens], each less than the number of cells; gives [headSize * heads, tokens]. Only
   * where {@link OwnKernels#attend} holds.
   */
  public Tensor attentionOwn(Tensor q, Tensor k, Tensor v, Tensor positions, float scale) {
    boolean positionsFit =
        positions.type() == GgmlType.I32
            && positions.isContiguousFrom(0)
            && positions.elements() == q.dim(2);
    Shapes.check(OwnKernels.attend(q, k, v) && positionsFit, "attentionOwn", q, k, v, positions);
    MemorySegment node = context.scratch(KernelsLibrary.attentionBytes());
    node.set(ValueLayout.JAVA_FLOAT, 0, scale);
    return custom(
        GgmlType.F32,
        q.dim(0) * q.dim(1),
        q.dim(2),
        KernelsLibrary.attentionOperation(),
        node,
        q,
        k,
        v,
        positions);
  }

  // --- views

  /** Swaps dimensions 1 and 2. */
  public Tensor swapMiddle(Tensor a) {
    return permute(a, 0, 2, 1, 3);
  }

  public Tensor reshape2d(Tensor a, long d0, long d1) {
    Shapes.check(a.isContiguousFrom(0) && a.elements() == d0 * d1, "reshape2d", a);
    return wrap(Ggml_h.ggml_reshape_2d(next(), a.struct(), d0, d1));
  }

  public Tensor reshape3d(Tensor a, long d0, long d1, long d2) {
    Shapes.check(a.isContiguousFrom(0) && a.elements() == d0 * d1 * d2, "reshape3d", a);
    return wrap(Ggml_h.ggml_reshape_3d(next(), a.struct(), d0, d1, d2));
  }

  /** A view of [d0, d1] with {@code stride1} bytes from row to row, {@code offset} bytes in. */
  public Tensor view2d(Tensor a, long d0, long d1, long stride1, long offset) {
    Shapes.check(inside(a, d0, offset, stride1 * (d1 - 1)), "view2d", a);
    return wrap(Ggml_h.ggml_view_2d(room(1), a.struct(), d0, d1, stride1, offset));
  }

  /** A view of [d0, d1, d2] with these strides in bytes, {@code offset} bytes in. */
  public Tensor view3d(
      Tensor a, long d0, long d1, long d2, long stride1, long stride2, long offset) {
    Shapes.check(inside(a, d0, offset, stride1 * (d1 - 1) + stride2 * (d2 - 1)), "view3d", a);
    return wrap(Ggml_h.ggml_view_3d(room(1), a.struct(), d0, d1, d2, stride1, stride2, offset));
  }

  /** A contiguous copy. */
  public Tensor contiguous(Tensor a) {
    return wrap(Ggml_h.ggml_cont(next(), a.struct()));
  }

  /** {@code a} repeated to [d0, d1, d2]. */
  public Tensor repeat3d(Tensor a, long d0, long d1, long d2) {
    boolean fits = d0 % a.dim(0) == 0 && d1 % a.dim(1) == 0 && d2 % a.dim(2) == 0;
    Shapes.check(isF32(a) && fits && a.dim(3) == 1, "repeat3d", a);
    return wrap(Ggml_h.ggml_repeat_4d(next(), a.struct(), d0, d1, d2, 1));
  }

  /** Reorders dimensions: dimension i of {@code a} becomes dimension {@code to[i]}. */
  public Tensor permute(Tensor a, int... to) {
    Shapes.check(Shapes.isPermutation(to), "permute", a);
    return wrap(Ggml_h.ggml_permute(next(), a.struct(), to[0], to[1], to[2], to[3]));
  }

  public Tensor reshape4d(Tensor a, long d0, long d1, long d2, long d3) {
    boolean fits = a.isContiguousFrom(0) && a.elements() == d0 * d1 * d2 * d3;
    Shapes.check(fits, "reshape4d", a);
    return wrap(Ggml_h.ggml_reshape_4d(next(), a.struct(), d0, d1, d2, d3));
  }

  // --- helpers

  private void observe(Tensor w, Tensor x, Tensor experts) {
    if (observed.test(w.name())) {
      Shapes.check(x.isContiguousFrom(0), "observe", w, x);
      x.keep();
      // where it is quantised as it is made, nothing else asks for it
      expand(x);
      if (experts != null) {
        experts.keep();
      }
      observations.add(new Observation(w.name(), w.dim(2), x, experts));
    }
  }

  static boolean isF32(Tensor t) {
    return t.type() == GgmlType.F32;
  }

  private static boolean inside(Tensor a, long row, long offset, long lastRow) {
    long end = offset + lastRow + a.type().bytes(row);
    return offset >= 0 && lastRow >= 0 && end <= a.stride(3) * a.dim(3);
  }

  MemorySegment graph() {
    return graph;
  }

  /** Marks a tensor that is not made by {@link #input} as one: a constant of the graph. */
  void input(String name, Tensor t) {
    Ggml_h.ggml_set_input(t.struct());
    inputs.put(name, t);
  }

  MemorySegment next() {
    return context.room(1);
  }

  MemorySegment room(int tensors) {
    return context.room(tensors);
  }

  static Tensor wrap(MemorySegment result) {
    if (result.address() == 0) {
      throw new NativeLibraryException("ggml: no memory to describe another operation");
    }
    return new Tensor(result);
  }
}
