package dev.myelin.natives;

import dev.myelin.bindings.NativeSymbols;
import dev.myelin.bindings.kernels.Myelin_h;
import dev.myelin.bindings.loader.MyelinLibrary;
import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Calls libmyelin: what the machine can do, and the callbacks ggml is given. */
public final class KernelsLibrary {
  private static final int BRAND_BYTES = 128;

  private KernelsLibrary() {}

  /**
   * The values of MYELIN_ISA that this CPU can serve: the instruction sets with kernels, best
   * first, then "scalar", the reference, and "none", ggml's kernels.
   */
  public static List<String> instructionSets() {
    Natives.load();
    return MyelinLibrary.instructionSets();
  }

  /** The instruction set extensions that processor and operating system both offer. */
  public static List<String> cpuFeatures() {
    Natives.load();
    long bits = Myelin_h.myelin_cpu_features();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < Myelin_h.MYELIN_CPU_FEATURE_COUNT(); i++) {
      if ((bits >>> i & 1) != 0) {
        names.add(Myelin_h.myelin_cpu_feature_name(i).getString(0));
      }
    }
    return names;
  }

  /** The processor's name, empty where it has none. */
  public static String cpuName() {
    Natives.load();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(BRAND_BYTES);
      check(Myelin_h.myelin_cpu_brand(text, BRAND_BYTES));
      return text.getString(0).strip();
    }
  }

  /** Physical cores this process may run on, at least 1. */
  public static int physicalCores() {
    Natives.load();
    int available = Runtime.getRuntime().availableProcessors();
    int physical = Myelin_h.myelin_cpu_physical_cores();
    return physical <= 0 ? available : Math.min(physical, available);
  }

  /**
   * How many more threads could be started now, up to a number: what limits of the user, of control
   * groups and of the address space leave.
   */
  public static int startableThreads(int wanted) {
    Natives.load();
    SymbolLookup system = Linker.nativeLinker().defaultLookup();
    Optional<MemorySegment> create = system.find("pthread_create");
    Optional<MemorySegment> join = system.find("pthread_join");
    if (wanted <= 0 || create.isEmpty() || join.isEmpty()) {
      return wanted;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment started = arena.allocate(ValueLayout.JAVA_INT);
      check(Myelin_h.myelin_threads_probe(wanted, create.get(), join.get(), started));
      return started.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /** The instruction set of the kernels in use, empty where ggml's are the fastest. */
  public static String kernels() {
    Natives.load();
    return Myelin_h.myelin_kernel_name().getString(0);
  }

  /**
   * How activations are quantised for weights of a ggml type: a number for the functions below, 0
   * if no kernel serves the type.
   */
  public static int activationFormat(int type) {
    return Myelin_h.myelin_kernel_format(type);
  }

  /** The format of activations that stay f32: that of weights that are floats. */
  public static int f32Activations() {
    return Myelin_h.MYELIN_ACTIVATIONS_F32();
  }

  /** Bytes of a row of {@code k} activations in a format; 0 if k does not divide into blocks. */
  public static long activationBytes(int format, long k) {
    return Myelin_h.myelin_activation_bytes(format, k);
  }

  /** A ggml custom operation: f32 [k, m] to quantised rows; its user data is the format. */
  public static MemorySegment quantizeOperation() {
    return Operations.QUANTIZE;
  }

  /** A ggml custom operation: silu(f32 [k, m]) * f32 [k, m] to quantised rows; as above. */
  public static MemorySegment quantizeGatedOperation() {
    return Operations.QUANTIZE_GATED;
  }

  /**
   * A ggml custom operation: RMS norms of f32 [k, m], times f32 [k], to quantised rows; its user
   * data is the format, an int, and epsilon, a float, {@link #normedBytes} in all.
   */
  public static MemorySegment quantizeNormedOperation() {
    return Operations.QUANTIZE_NORMED;
  }

  /** Bytes that each node with a quantised norm needs to itself. */
  public static long normedBytes() {
    return Myelin_h.MYELIN_NORMED_BYTES();
  }

  /**
   * A ggml custom operation: weights times rows in their format; user data as {@link
   * #progressBytes}.
   */
  public static MemorySegment matmulOperation() {
    return Operations.MATMUL;
  }

  /** How many matrices one such operation multiplies with the same rows, at most. */
  public static int mostMatrices() {
    return Myelin_h.MYELIN_MOST_MATRICES();
  }

  /** A ggml custom operation: what a router chose, sorted; its user data is the experts' number. */
  public static MemorySegment groupOperation() {
    return Operations.GROUP;
  }

  /** A ggml custom operation: rows quantised for each of their experts; user data is the format. */
  public static MemorySegment quantizeGroupsOperation() {
    return Operations.QUANTIZE_GROUPS;
  }

  /**
   * A ggml custom operation: experts' weights times such rows, or f32; user data as for a matmul.
   */
  public static MemorySegment matmulGroupsOperation() {
    return Operations.MATMUL_GROUPS;
  }

  /** Bytes of zeroes, at a multiple of 8, that each node with a matmul needs to itself. */
  public static long progressBytes() {
    return Myelin_h.MYELIN_PROGRESS_BYTES();
  }

  /** Whether attention over a cache of that ggml type, so many values a head, has a kernel. */
  public static boolean attentionServes(int type, long head) {
    return Myelin_h.myelin_attention_serves(type, head);
  }

  /**
   * A ggml custom operation: attention over a cache; its user data is the scale, a float, followed
   * by zeroes, {@link #attentionBytes} in all.
   */
  public static MemorySegment attentionOperation() {
    return Operations.ATTENTION;
  }

  /** Bytes, at a multiple of 8, that each node with an attention needs to itself. */
  public static long attentionBytes() {
    return Myelin_h.MYELIN_ATTENTION_BYTES();
  }

  /**
   * A ggml custom operation in place: makes rows NaN where their source f32 [k, m] is not finite;
   * no user data.
   */
  public static MemorySegment carryOperation() {
    return Operations.CARRY;
  }

  /**
   * A ggml custom operation in place: makes blocks of a q8_0 cache NaN where what was written there
   * is not finite; no user data.
   */
  public static MemorySegment carryQ8Operation() {
    return Operations.CARRY_Q8_0;
  }

  /** Values of a block of a ggml type that {@link #encode} writes on this machine, else 0. */
  public static int encodeBlock(int type) {
    return Myelin_h.myelin_encode_block(type);
  }

  /** Writes n finite floats, whole blocks, as ggml's reference does without importances. */
  public static void encode(int type, MemorySegment floats, long n, MemorySegment out) {
    check(Myelin_h.myelin_encode(type, floats, n, out));
  }

  /**
   * Writes n values of f16 or bf16 as floats; f32 are only looked at.
   *
   * @param largest gets 4 bytes: the largest bits without the sign
   */
  public static void widen(
      int type, MemorySegment values, long n, MemorySegment floats, MemorySegment largest) {
    check(Myelin_h.myelin_widen(type, values, n, floats, largest));
  }

  /** The instruction set that products of f32 are computed with. */
  public static String products() {
    Natives.load();
    return Myelin_h.myelin_product_name().getString(0);
  }

  /** A ggml custom operation: a product of f32 matrices; its user data is one of the two kinds. */
  public static MemorySegment productOperation() {
    return Operations.PRODUCT;
  }

  /** The kind of product that ggml_mul_mat computes. */
  public static MemorySegment mulMatKind() {
    return MemorySegment.ofAddress(Myelin_h.MYELIN_PRODUCT_MUL_MAT());
  }

  /** The kind of product that ggml_out_prod computes. */
  public static MemorySegment outProdKind() {
    return MemorySegment.ofAddress(Myelin_h.MYELIN_PRODUCT_OUT_PROD());
  }

  /** Does so many rounds of f32 multiply-adds; returns the operations, for who takes the time. */
  public static long fmaFlops(long rounds) {
    return Myelin_h.myelin_fma_flops(rounds);
  }

  /** Does so many rounds of int8 products; returns the operations, for who takes the time. */
  public static long int8Ops(long rounds) {
    return Myelin_h.myelin_int8_ops(rounds);
  }

  /** Reads all of {@code memory}; returns a sum, for who takes the time. */
  public static long read(MemorySegment memory) {
    return Myelin_h.myelin_read(memory, memory.byteSize());
  }

  private static final class Operations {
    static final MemorySegment PRODUCT = symbol("myelin_op_product");
    static final MemorySegment QUANTIZE = symbol("myelin_op_quantize");
    static final MemorySegment QUANTIZE_GATED = symbol("myelin_op_quantize_gated");
    static final MemorySegment QUANTIZE_NORMED = symbol("myelin_op_quantize_normed");
    static final MemorySegment MATMUL = symbol("myelin_op_matmul");
    static final MemorySegment GROUP = symbol("myelin_op_group");
    static final MemorySegment QUANTIZE_GROUPS = symbol("myelin_op_quantize_groups");
    static final MemorySegment MATMUL_GROUPS = symbol("myelin_op_matmul_groups");
    static final MemorySegment ATTENTION = symbol("myelin_op_attention");
    static final MemorySegment CARRY = symbol("myelin_op_carry");
    static final MemorySegment CARRY_Q8_0 = symbol("myelin_op_carry_q8_0");
  }

  /** A native function that ends a graph's computation once the int it is given is not zero. */
  public static MemorySegment abortCallback() {
    Natives.load();
    return symbol("myelin_abort_requested");
  }

  private static void check(int status) {
    if (status != Myelin_h.MYELIN_OK()) {
      throw new NativeLibraryException(
          "libmyelin: " + Myelin_h.myelin_status_string(status).getString(0));
    }
  }

  private static MemorySegment symbol(String name) {
    return NativeSymbols.lookup().findOrThrow(name);
  }
}
