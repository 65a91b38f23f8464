package dev.myelin.graph;

import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.RopeParameters.Type;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;

/** Makes calls that ggml would answer by ending the process, and prints a line for each. */
final class MalformedOpsProbe {
  private static final Map<String, Runnable> CALLS = new LinkedHashMap<>();
  private static final RopeParameters ROPE = rope(4, Type.NEOX);
  private static final int F = Float.BYTES;
  private static GraphBuilder g;
  private static int inputs;

  private MalformedOpsProbe() {}

  public static void main(String[] args) {
    addViews();
    addElementwise();
    addNorms();
    addRows();
    addMatmuls();
    addRope();
    addRecurrent();
    addWkv();
    addSelect();
    CALLS.forEach(
        (name, call) -> {
          g = new GraphBuilder();
          System.out.println(name + ": " + outcome(call));
          g.discard();
        });
  }

  private static String outcome(Runnable call) {
    try {
      call.run();
      return "accepted";
    } catch (MyelinException e) {
      // an operand that cannot be described is a mistake of this table
      return e.getMessage().contains("no tensor") ? e.getMessage() : "rejected";
    }
  }

  private static void add(String name, Runnable call) {
    CALLS.put(name, call);
  }

  private static Tensor f(long... dims) {
    return g.input("f" + inputs++, GgmlType.F32, dims);
  }

  private static Tensor i(long... dims) {
    return g.input("i" + inputs++, GgmlType.I32, dims);
  }

  private static Tensor of(GgmlType type, long... dims) {
    return g.input("t" + inputs++, type, dims);
  }

  /** [4, 6], whose rows are not adjacent in memory. */
  private static Tensor transposed() {
    return g.permute(f(6, 4), 1, 0, 2, 3);
  }

  private static RopeParameters rope(int dimensions, Type type) {
    return new RopeParameters(dimensions, type, 4096, 10000, 1, 0, 1, 32, 1);
  }

  private static void addViews() {
    add("view1d past the end", () -> g.view1d(f(8), 4, 5 * F));
    add("view1d of nothing", () -> g.view1d(f(8), 0, 0));
    add("view1d of a negative offset", () -> g.view1d(f(8), 4, -F));
    add("view1d of half a value", () -> g.view1d(f(8), 4, 2));
    add("view1d of part of a block", () -> g.view1d(of(GgmlType.Q8_0, 64), 16, 0));
    add("view2d of overlapping rows", () -> g.view2d(f(8), 4, 4, F, 0));
    add(
        "view2d of a view, past the viewed",
        () -> {
          Tensor tail = g.view2d(f(8, 2), 2, 2, 8 * F, 6 * F);
          g.view2d(tail, 8, 1, 8 * F, 8 * F);
        });
    add("view4d past the end", () -> g.view4d(f(8, 2, 2, 2), 8, 2, 2, 2, 8 * F, 16 * F, 32 * F, F));
    add(
        "view4d of huge strides",
        () -> g.view4d(f(8), 2, 1 << 30, 1 << 30, 1, 1L << 40, 1L << 40, 0, 0));
    add("reshape4d of another size", () -> g.reshape4d(f(8), 2, 2, 2, 2));
    add("reshape2d of negative sizes", () -> g.reshape2d(f(8), -2, -4));
    add("permute of the same axis", () -> g.permute(f(8), 0, 0, 2, 3));
    add(
        "contiguous of permuted blocks",
        () -> g.contiguous(g.permute(of(GgmlType.Q8_0, 64, 32), 1, 0, 2, 3)));
    add("roundToQ8 of 48", () -> g.roundToQ8(f(48)));
    add("roundToQ8 of i32", () -> g.roundToQ8(i(32)));
    add("roundToQ8 transposed", () -> g.roundToQ8(g.transpose12(f(32, 4, 4))));
    add("cast to blocks", () -> g.cast(f(32), GgmlType.Q8_0));
    add("cast of i32", () -> g.cast(i(32), GgmlType.F16));
    add("copy of another size", () -> g.copy(f(8), f(9)));
    add("copy to blocks", () -> g.copy(f(32), of(GgmlType.Q8_0, 32)));
    add("copy of f16 to i32", () -> g.copy(of(GgmlType.F16, 8), i(8)));
    add("copy of i64 to i32", () -> g.copy(of(GgmlType.I64, 8), i(8)));
    add("repeat4d to a part", () -> g.repeat4d(f(3), 4, 1, 1, 1));
    add("repeat4d to nothing", () -> g.repeat4d(f(3), 0, 1, 1, 1));
    add("repeat4d of transposed rows", () -> g.repeat4d(transposed(), 4, 12, 1, 1));
    add("repeat4d of i64", () -> g.repeat4d(of(GgmlType.I64, 2), 4, 1, 1, 1));
    add("concat of other sizes", () -> g.concat(f(3, 2), f(3, 3), 0));
    add("concat of types", () -> g.concat(f(3), i(3), 0));
    add("concat along dimension 4", () -> g.concat(f(3), f(3), 4));
    add("concat along dimension -1", () -> g.concat(f(3), f(3), -1));
    add("concat of blocks", () -> g.concat(of(GgmlType.Q8_0, 32), of(GgmlType.Q8_0, 32), 0));
    add("pad of a negative number", () -> g.pad(f(3), -1, 0, 0, 0));
    add("pad of i32", () -> g.pad(i(3), 1, 0, 0, 0));
  }

  private static void addElementwise() {
    add("add of another shape", () -> g.add(f(4), f(3)));
    add("add to transposed rows", () -> g.add(transposed(), f(4, 6)));
    add("multiply of f16", () -> g.multiply(f(4), of(GgmlType.F16, 4)));
    add("scaleBias of transposed rows", () -> g.scaleBias(transposed(), 1, 1));
    add("scaleBias of i32", () -> g.scaleBias(i(4), 1, 1));
    add("clamp of transposed rows", () -> g.clamp(transposed(), 0, 1));
    add("clamp of no range", () -> g.clamp(f(4), 1, 0));
    add("xielu of gaps", () -> g.xielu(g.view3d(f(8, 4, 2), 4, 2, 2, 32, 128, 0), 1, 1, 1, 0));
    Map<String, BiFunction<GraphBuilder, Tensor, Tensor>> unaries = new LinkedHashMap<>();
    unaries.put("step", GraphBuilder::step);
    unaries.put("negate", GraphBuilder::negate);
    unaries.put("square", GraphBuilder::square);
    unaries.put("sqrt", GraphBuilder::sqrt);
    unaries.put("exp", GraphBuilder::exp);
    unaries.put("log", GraphBuilder::log);
    unaries.put("tanh", GraphBuilder::tanh);
    unaries.put("sigmoid", GraphBuilder::sigmoid);
    unaries.put("softplus", GraphBuilder::softplus);
    unaries.put("relu", GraphBuilder::relu);
    unaries.put("silu", GraphBuilder::silu);
    unaries.put("gelu", GraphBuilder::gelu);
    unaries.put("geluErf", GraphBuilder::geluErf);
    unaries.put("geluQuick", GraphBuilder::geluQuick);
    unaries.forEach(
        (name, operation) -> {
          add(name + " of transposed rows", () -> operation.apply(g, transposed()));
          add(name + " of i32", () -> operation.apply(g, i(4)));
        });
    Map<String, BinaryOperator<Tensor>> gates = new LinkedHashMap<>();
    gates.put("swiglu", (a, b) -> g.swiglu(a, b));
    gates.put("geglu", (a, b) -> g.geglu(a, b));
    gates.put("gegluErf", (a, b) -> g.gegluErf(a, b));
    gates.put("gegluQuick", (a, b) -> g.gegluQuick(a, b));
    gates.put("reglu", (a, b) -> g.reglu(a, b));
    gates.put("swigluOai", (a, b) -> g.swigluOai(a, b, 1, 7));
    gates.put("swigluClamp", (a, b) -> g.swigluClamp(a, b, 7));
    gates.forEach(
        (name, gate) -> {
          add(name + " of other shapes", () -> gate.apply(f(4, 2), f(4, 1)));
          add(name + " of f16", () -> gate.apply(f(4), of(GgmlType.F16, 4)));
          add(name + " of transposed rows", () -> gate.apply(transposed(), f(4, 6)));
          add(
              name + " of gaps",
              () -> gate.apply(f(4, 2, 2), g.view3d(f(8, 4, 2), 4, 2, 2, 32, 128, 0)));
        });
    add("swigluOai of a negative limit", () -> g.swigluOai(f(4), f(4), 1, -1));
    add("swigluClamp of no limit", () -> g.swigluClamp(f(4), f(4), Float.NaN));
  }

  private static void addNorms() {
    add("rmsNorm of transposed rows", () -> g.rmsNorm(transposed(), 0));
    add("l2Norm of a negative epsilon", () -> g.l2Norm(f(4), -1));
    add("l2Norm of NaN", () -> g.l2Norm(f(4), Float.NaN));
    add("l2Norm of i32", () -> g.l2Norm(i(4), 0));
    add("groupNorm of no groups", () -> g.groupNorm(f(2, 2, 4), 0, 0));
    add("groupNorm of too many groups", () -> g.groupNorm(f(2, 2, 4), 8, 0));
    add("groupNorm of transposed rows", () -> g.groupNorm(transposed(), 1, 0));
    add("softmax of transposed rows", () -> g.softmax(transposed()));
    add("softmax with another mask", () -> g.softmax(f(4, 2), f(4, 1), 1));
    add("softmax with a mask of i32", () -> g.softmax(f(4, 2), i(4, 2), 1));
    add("sinks of other heads", () -> g.softmaxWithSinks(f(4, 2, 3), f(2), 1));
    add("sinks of f16", () -> g.softmaxWithSinks(f(4, 2, 3), of(GgmlType.F16, 3), 1));
    add("sumRows of transposed rows", () -> g.sumRows(transposed()));
    add("meanRows of transposed rows", () -> g.meanRows(transposed()));
    add("meanRows of i32", () -> g.meanRows(i(4)));
    add("topK of more", () -> g.topK(f(4), 5));
    add("topK of gaps", () -> g.topK(g.view3d(f(8, 4, 2), 4, 2, 2, 32, 128, 0), 1));
  }

  private static void addRows() {
    add("getRows by f32", () -> g.getRows(f(4, 4), f(2)));
    add("getRows of i64", () -> g.getRows(of(GgmlType.I64, 4, 4), i(2)));
    add("getRows of q8_K", () -> g.getRows(of(GgmlType.Q8_K, 256, 4), i(2)));
    add("getRows of transposed rows", () -> g.getRows(transposed(), i(2)));
    add("getRows of other batches", () -> g.getRows(f(4, 4, 2), i(2, 3)));
    add("setRows of i32", () -> g.setRows(i(4, 4), f(4, 2), of(GgmlType.I64, 2)));
    add(
        "setRows of grid types",
        () -> g.setRows(of(GgmlType.IQ2_XXS, 256, 4), f(256, 2), of(GgmlType.I64, 2)));
    add("setRows by f32", () -> g.setRows(f(4, 4), f(4, 2), f(2)));
    add("setRows by i32 of blocks", () -> g.setRows(of(GgmlType.Q8_0, 32, 4), f(32, 2), i(2)));
    add("setRows by i32 of others", () -> g.setRows(f(4, 4, 3), f(4, 2, 3), i(2, 2)));
    add("setRows of more", () -> g.setRows(f(4, 4), f(4, 3), of(GgmlType.I64, 2)));
    add("setRows to transposed rows", () -> g.setRows(transposed(), f(4, 2), of(GgmlType.I64, 2)));
    add("slice behind the end", () -> g.slice(f(4, 4), 1, 2, 3));
    add("slice before the start", () -> g.slice(f(4, 4), 1, -1, 2));
    add("empty slice", () -> g.slice(f(4, 4), 1, 2, 0));
    add("addSlice behind the end", () -> g.addSlice(f(4, 4), f(4, 2), 1, 3));
    add("addSlice before the start", () -> g.addSlice(f(4, 4), f(4, 2), 1, -1));
    add("addSlice of another width", () -> g.addSlice(f(4, 4), f(3, 2), 1, 0));
    add("addSlice of more rows", () -> g.addSlice(f(4, 4), f(4, 5), 1, 0));
    add("addSlice to transposed rows", () -> g.addSlice(transposed(), f(4, 1), 1, 0));
    add("addSlice of f16", () -> g.addSlice(f(4, 4), of(GgmlType.F16, 4, 2), 1, 0));
    add("expert bias of another width", () -> g.addExpertBias(f(4, 2, 3), f(5, 8), i(2, 3)));
    add("expert bias of other ids", () -> g.addExpertBias(f(4, 2, 3), f(4, 8), i(3, 3)));
    add("expert bias of other tokens", () -> g.addExpertBias(f(4, 2, 3), f(4, 8), i(2, 2)));
    add("expert bias by f32", () -> g.addExpertBias(f(4, 2, 3), f(4, 8), f(2, 3)));
    add("expert bias of f16", () -> g.addExpertBias(f(4, 2, 3), of(GgmlType.F16, 4, 8), i(2, 3)));
    add("expert bias to transposed rows", () -> g.addExpertBias(transposed(), f(4, 8), i(6, 1)));
  }

  private static void addMatmuls() {
    add("matmul by i32", () -> g.matmul(i(4, 4), f(4, 2)));
    add("matmul of transposed rows", () -> g.matmul(f(4, 3), transposed()));
    add("matmul of another width", () -> g.matmul(f(4, 3), f(5, 3)));
    add("experts of transposed rows", () -> g.matmulExperts(f(4, 3, 2), transposed(), i(6, 1)));
    add(
        "experts by q8_1",
        () -> g.matmulExperts(of(GgmlType.Q8_1, 32, 3, 2), f(32, 1, 2), i(1, 2)));
    add("hadamard of 12", () -> g.hadamard(f(12, 2)));
    add("hadamard of transposed rows", () -> g.hadamard(transposed()));
    add("hadamard of i32", () -> g.hadamard(i(4, 2)));
  }

  private static void addSelect() {
    add("select by other heads", () -> select(f(8, 3, 2), f(8, 64, 1), f(4, 2), 2, 5));
    add("select by other tokens", () -> select(f(8, 3, 2), f(8, 64, 1), f(3, 1), 2, 5));
    add("select of other keys", () -> select(f(8, 3, 2), f(7, 64, 1), f(3, 2), 2, 5));
    add("select of several key heads", () -> select(f(8, 3, 2), f(8, 64, 2), f(3, 2), 2, 5));
    add("select of i32 keys", () -> select(f(8, 3, 2), i(8, 64, 1), f(3, 2), 2, 5));
    add("select of other ranges", () -> select(f(8, 3, 2), f(8, 64, 1), f(3, 2), 1, 5));
    add("select of nothing", () -> select(f(8, 3, 2), f(8, 64, 1), f(3, 2), 2, 0));
  }

  private static void select(Tensor q, Tensor k, Tensor weights, int tokens, int topK) {
    g.select(q, k, weights, CachePages.input(g, "cache" + inputs++, 1, tokens), topK);
  }

  private static void addRope() {
    add("rope of odd dimensions", () -> g.rope(f(8, 1, 2), i(2), null, rope(3, Type.NEOX)));
    add("rope of no dimensions", () -> g.rope(f(8, 1, 2), i(2), null, rope(0, Type.NEOX)));
    add("rope of odd heads", () -> g.rope(f(7, 1, 2), i(2), null, ROPE));
    add("rope of f32 positions", () -> g.rope(f(8, 1, 2), f(2), null, ROPE));
    add("rope of other positions", () -> g.rope(f(8, 1, 2), i(3), null, ROPE));
    add("rope of few factors", () -> g.rope(f(8, 1, 2), i(2), f(1), ROPE));
    add("rope of factors of f16", () -> g.rope(f(8, 1, 2), i(2), of(GgmlType.F16, 4), ROPE));
    add(
        "rope of transposed heads",
        () -> g.rope(g.permute(f(2, 8, 2), 1, 0, 2, 3), i(2), null, ROPE));
    add("rope from an odd offset", () -> g.rope(f(8, 1, 2), i(2), null, ROPE, 1));
    add("rope from a negative offset", () -> g.rope(f(8, 1, 2), i(2), null, ROPE, -2));
    add("rope past the head", () -> g.rope(f(8, 1, 2), i(2), null, ROPE, 6));
    int[] sections = {1, 1, 0, 0};
    add(
        "ropeMulti of one position",
        () -> g.ropeMulti(f(8, 1, 2), i(2), null, ROPE, sections, false));
    add(
        "ropeMulti of no sections",
        () -> g.ropeMulti(f(8, 1, 2), i(8), null, ROPE, new int[] {0, 0, 0, 2}, false));
    add(
        "ropeMulti of three sections",
        () -> g.ropeMulti(f(8, 1, 2), i(8), null, ROPE, new int[] {1, 1, 0}, false));
    add(
        "ropeMulti of negative sections",
        () -> g.ropeMulti(f(8, 1, 2), i(8), null, ROPE, new int[] {3, -1, 0, 0}, false));
    add(
        "ropeMulti of large sections",
        () -> g.ropeMulti(f(8, 1, 2), i(8), null, ROPE, new int[] {9, 0, 0, 0}, true));
    add(
        "ropeMulti of adjacent pairs",
        () -> g.ropeMulti(f(8, 1, 2), i(8), null, rope(4, Type.NORMAL), sections, false));
  }

  private static void addRecurrent() {
    add("ssmConv of other channels", () -> g.ssmConv(f(6, 3, 2), f(4, 2)));
    add("ssmConv of too few inputs", () -> g.ssmConv(f(3, 3, 2), f(4, 3)));
    add("ssmConv by a stack", () -> g.ssmConv(f(6, 3, 2), f(4, 3, 2)));
    add("ssmConv of f16", () -> g.ssmConv(f(6, 3, 2), of(GgmlType.F16, 4, 3)));
    add("ssmConv of transposed rows", () -> g.ssmConv(transposed(), f(4, 6)));
    add(
        "ssmScan of other heads",
        () -> scan(f(8, 2, 3, 2), f(2, 4, 5, 2), f(4, 5, 2), f(1, 4), i(2)));
    add(
        "ssmScan of other head sizes",
        () -> scan(f(8, 1, 4, 2), f(2, 4, 5, 2), f(4, 5, 2), f(1, 4), i(2)));
    add(
        "ssmScan of another dt",
        () -> scan(f(8, 2, 4, 2), f(2, 4, 5, 2), f(4, 4, 2), f(1, 4), i(2)));
    add(
        "ssmScan of another decay",
        () -> scan(f(8, 2, 4, 2), f(2, 4, 5, 2), f(4, 5, 2), f(7, 4), i(2)));
    add(
        "ssmScan of other slots",
        () -> scan(f(8, 2, 4, 2), f(2, 4, 5, 2), f(4, 5, 2), f(1, 4), i(3)));
    add(
        "ssmScan of slots of f32",
        () -> scan(f(8, 2, 4, 2), f(2, 4, 5, 2), f(4, 5, 2), f(1, 4), f(2)));
    add(
        "ssmScan of groups that do not divide heads",
        () ->
            g.ssmScan(
                f(8, 2, 4, 2),
                f(2, 4, 5, 2),
                f(4, 5, 2),
                f(1, 4),
                f(8, 3, 5, 2),
                f(8, 3, 5, 2),
                i(2)));
    add(
        "ssmScan of other outputs",
        () ->
            g.ssmScan(
                f(8, 2, 4, 2),
                f(2, 4, 5, 2),
                f(4, 5, 2),
                f(1, 4),
                f(8, 2, 5, 2),
                f(8, 1, 5, 2),
                i(2)));
    add(
        "ssmScan of strided heads",
        () -> scan(f(8, 2, 4, 2), g.permute(f(2, 5, 4, 2), 0, 2, 1, 3), f(4, 5, 2), f(1, 4), i(2)));
    add(
        "delta rule of other keys",
        () -> delta(f(7, 2, 3, 1), f(8, 4, 3, 1), f(1, 4, 3, 1), f(8, 8, 4, 1)));
    add(
        "delta rule of other tokens",
        () -> delta(f(8, 2, 2, 1), f(8, 4, 3, 1), f(1, 4, 3, 1), f(8, 8, 4, 1)));
    add(
        "delta rule of key heads",
        () -> delta(f(8, 3, 3, 1), f(8, 4, 3, 1), f(1, 4, 3, 1), f(8, 8, 4, 1)));
    add(
        "delta rule of another gate",
        () -> delta(f(8, 2, 3, 1), f(8, 4, 3, 1), f(2, 4, 3, 1), f(8, 8, 4, 1)));
    add(
        "delta rule of other states",
        () -> delta(f(8, 2, 3, 1), f(8, 4, 3, 1), f(1, 4, 3, 1), f(8, 8, 4, 2)));
    add(
        "delta rule of another beta",
        () ->
            g.gatedDeltaNet(
                f(8, 4, 3), f(8, 4, 3), f(8, 4, 3), f(1, 4, 3), f(2, 4, 3), f(8, 8, 4)));
    add(
        "delta rule of f16 states",
        () -> delta(f(8, 2, 3, 1), f(8, 4, 3, 1), f(1, 4, 3, 1), of(GgmlType.F16, 8, 8, 4, 1)));
    add(
        "delta rule of strided gates",
        () ->
            delta(
                f(8, 2, 3, 1), f(8, 4, 3, 1), g.permute(f(1, 3, 4, 1), 0, 2, 1, 3), f(8, 8, 4, 1)));
  }

  private static void scan(Tensor states, Tensor x, Tensor dt, Tensor a, Tensor slots) {
    g.ssmScan(states, x, dt, a, f(8, 2, 5, 2), f(8, 2, 5, 2), slots);
  }

  private static void delta(Tensor keys, Tensor v, Tensor gate, Tensor states) {
    Tensor q = f(keys.dim(0), keys.dim(1), keys.dim(2), keys.dim(3));
    g.gatedDeltaNet(q, keys, v, gate, f(1, 4, 3, 1), states);
  }

  private static void addWkv() {
    add("wkv6 of other states", () -> wkv6(f(8, 2, 4), f(8, 2), f(100, 2)));
    add("wkv6 of cut sequences", () -> wkv6(f(8, 2, 5), f(8, 2), f(128, 2)));
    add("wkv6 of more sequences than tokens", () -> wkv6(f(8, 2, 1), f(8, 2), f(128, 2)));
    add("wkv6 of another bonus", () -> wkv6(f(8, 2, 4), f(8, 3), f(128, 2)));
    add("wkv6 of strided heads", () -> wkv6(g.permute(f(8, 4, 2), 0, 2, 1, 3), f(8, 2), f(128, 2)));
    add("wkv7 of small heads", () -> wkv7(f(8, 2, 4), f(8, 2, 4), f(128, 2)));
    add("wkv7 of other heads", () -> wkv7(f(64, 2, 4), f(64, 1, 4), f(8192, 2)));
    add("wkv7 of other states", () -> wkv7(f(64, 2, 4), f(64, 2, 4), f(4096, 2)));
    add(
        "gated linear attention of other states",
        () -> {
          Tensor x = f(8, 2, 4);
          g.gatedLinearAttention(x, x, x, x, f(100, 2), 1);
        });
    add(
        "gated linear attention of other gates",
        () -> {
          Tensor x = f(8, 2, 4);
          g.gatedLinearAttention(x, x, x, f(8, 2, 2), f(128, 2), 1);
        });
  }

  private static void wkv6(Tensor x, Tensor bonus, Tensor states) {
    g.wkv6(x, x, x, bonus, x, states);
  }

  private static void wkv7(Tensor x, Tensor decay, Tensor states) {
    g.wkv7(x, decay, x, x, x, x, states);
  }
}
