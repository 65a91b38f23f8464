package dev.myelin.natives;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.NativeSymbols;
import dev.myelin.bindings.kernels.Myelin_h;
import dev.myelin.bindings.loader.MyelinLibrary;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Calls libmyelin: the CPU, the kernels, the callbacks of ggml. */
public final class KernelsLibrary {
  private static final int BRAND_BYTES = 128;

  private KernelsLibrary() {}

  /**
   * The values of MYELIN_ISA that work on this CPU: the instruction sets with kernels, best first,
   * then "scalar", the reference, and "none", ggml's kernels.
   */
  public static List<String> isaNames() {
    Natives.load();
    return MyelinLibrary.isaNames();
  }

  /**
   * Chooses the instruction set of the kernels, in place of MYELIN_ISA, and of ggml's CPU library,
   * before anything else of the engine is used: once per process.
   *
   * @param name one of {@link #isaNames}, in any case
   * @throws InvalidRequestException if this CPU does not support it; lists the names
   * @throws NativeLibraryException if another instruction set is in use
   */
  public static void requestIsa(String name) {
    try {
      String isa = name.strip().toLowerCase(Locale.ROOT);
      List<String> names = NativeLibraries.isaNames();
      if (!names.contains(isa)) {
        throw new InvalidRequestException(
            "isa " + name + ": this CPU supports " + String.join(", ", names));
      }
      NativeLibraries.requestIsa(isa);
    } catch (NativeLoadException e) {
      throw Natives.failure(e);
    }
  }

  /** The instruction set extensions that the processor has and the operating system supports. */
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

  /** The processor's name, empty if it has none. */
  public static String cpuName() {
    Natives.load();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(BRAND_BYTES);
      check(Myelin_h.myelin_cpu_brand(text, BRAND_BYTES));
      return text.getString(0).strip();
    }
  }

  /** Physical cores that this process may run on, at least 1. */
  public static int physicalCores() {
    Natives.load();
    int available = Runtime.getRuntime().availableProcessors();
    int physical = Myelin_h.myelin_cpu_physical_cores();
    return physical <= 0 ? available : Math.min(physical, available);
  }

  /**
   * How many of {@code wanted} more threads can be started now, within the limits of the user, of
   * control groups and of the address space.
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

  /**
   * Starts threads of libmyelin's pool until so many compute, the calling thread included.
   *
   * @return how many do: fewer if the system refuses to start more
   */
  public static int growPool(int threads) {
    Natives.load();
    Optional<MemorySegment> create = Linker.nativeLinker().defaultLookup().find("pthread_create");
    if (threads <= 1 || create.isEmpty()) {
      return 1;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment available = arena.allocate(ValueLayout.JAVA_INT);
      check(Myelin_h.myelin_pool_grow(threads, create.get(), available));
      return available.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /**
   * Computes a ggml graph by {@code function}, ggml_graph_compute; native nodes use so many threads
   * of libmyelin's pool.
   *
   * @param plan one of a single thread
   * @param lost gets 8 bytes: nanoseconds for which the calling thread did not run
   * @return what the function returned
   */
  public static int compute(
      MemorySegment function,
      MemorySegment graph,
      MemorySegment plan,
      int threads,
      MemorySegment lost) {
    return Myelin_h.myelin_compute(function, graph, plan, threads, lost);
  }

  /**
   * Calls {@code void *function(void *argument)}; on Linux threads that it starts get a name, at
   * most 15 bytes.
   */
  public static MemorySegment callNamed(
      String threadName, MemorySegment function, MemorySegment argument) {
    try (Arena arena = Arena.ofConfined()) {
      return Myelin_h.myelin_thread_named(arena.allocateFrom(threadName), function, argument);
    }
  }

  /** The instruction set of the kernels in use, empty if ggml's kernels are used. */
  public static String kernelIsa() {
    Natives.load();
    return Myelin_h.myelin_kernel_isa().getString(0);
  }

  /**
   * The format of activations for weights of a ggml type: an argument of the methods below, 0 if no
   * kernel supports the type.
   */
  public static int activationFormat(int type) {
    return Myelin_h.myelin_activation_format(type);
  }

  /** The format of activations that stay f32, for weights in f16, bf16 and f32. */
  public static int f32ActivationFormat() {
    return Myelin_h.MYELIN_ACTIVATIONS_F32();
  }

  /** Bytes of a row of {@code k} activations in a format; 0 if k is not a multiple of its block. */
  public static long activationRowBytes(int format, long k) {
    return Myelin_h.myelin_activation_row_bytes(format, k);
  }

  /** A ggml custom op: quantises f32 [k, n]; the user data is the format. */
  public static MemorySegment quantizeOperation() {
    return Operations.QUANTIZE;
  }

  /** A ggml custom op: quantises silu(f32 [k, n]) * f32 [k, n]; the user data is the format. */
  public static MemorySegment quantizeSwigluOperation() {
    return Operations.QUANTIZE_SWIGLU;
  }

  /**
   * A ggml custom op: quantises the RMS norm of f32 [k, n] times a weight, f32 [k]; the user data
   * is the format, an int, and epsilon, a float, {@link #rmsNormParamsBytes} in all.
   */
  public static MemorySegment quantizeRmsNormOperation() {
    return Operations.QUANTIZE_RMS_NORM;
  }

  /** Bytes of the user data of a quantised RMS norm. */
  public static long rmsNormParamsBytes() {
    return Myelin_h.MYELIN_RMS_NORM_PARAMS_BYTES();
  }

  /**
   * A ggml custom op: weights times quantised activations; the user data is the work queue of the
   * node, {@link #workQueueBytes} zeros.
   */
  public static MemorySegment matmulOperation() {
    return Operations.MATMUL;
  }

  /** The most weight matrices of one matmul node. */
  public static int maxMatrices() {
    return Myelin_h.MYELIN_MAX_MATRICES();
  }

  /**
   * A ggml custom op: the choices of a router, grouped by expert; the user data is the number of
   * experts.
   */
  public static MemorySegment groupByExpertOperation() {
    return Operations.GROUP_BY_EXPERT;
  }

  /**
   * A ggml custom op: quantises activations once for each of their experts; the user data is the
   * format.
   */
  public static MemorySegment quantizeByExpertOperation() {
    return Operations.QUANTIZE_BY_EXPERT;
  }

  /**
   * A ggml custom op: the weights of experts times these activations, or f32; the user data is that
   * of a matmul.
   */
  public static MemorySegment matmulByExpertOperation() {
    return Operations.MATMUL_BY_EXPERT;
  }

  /** Bytes of the work queue of a matmul node, zeros aligned to 8, not shared with other nodes. */
  public static long workQueueBytes() {
    return Myelin_h.MYELIN_WORK_QUEUE_BYTES();
  }

  /** Positions of a page of a cache. */
  public static int pageCells() {
    return Myelin_h.MYELIN_PAGE_CELLS();
  }

  /** Whether the fast attention kernel supports a cache of this ggml type and head size. */
  public static boolean isAttentionSupported(int type, long headSize) {
    return Myelin_h.myelin_attention_supported(type, headSize);
  }

  /**
   * Whether the general attention kernel supports keys and values of these ggml types, with rows of
   * so many values.
   */
  public static boolean isGeneralAttentionSupported(
      int keyType, long keySize, int valueType, long valueSize) {
    return Myelin_h.myelin_attention_general_status(keyType, keySize, valueType, valueSize)
        == Myelin_h.MYELIN_OK();
  }

  /** A ggml custom op: general attention over a cache; the user data as below. */
  public static MemorySegment generalAttentionOperation() {
    return Operations.ATTENTION_GENERAL;
  }

  /** A ggml custom op: the scores of an indexer; the user data is a work queue as of a matmul. */
  public static MemorySegment indexerScoresOperation() {
    return Operations.INDEXER_SCORES;
  }

  /** A ggml custom op: the positions with the largest scores; no user data. */
  public static MemorySegment indexerSelectOperation() {
    return Operations.INDEXER_SELECT;
  }

  /** The bit of a source of general attention: the positions of tokens. */
  public static int attentionPositions() {
    return Myelin_h.MYELIN_ATTENTION_POSITIONS();
  }

  /** The bit of a source of general attention: a score of each head without a value. */
  public static int attentionSinks() {
    return Myelin_h.MYELIN_ATTENTION_SINKS();
  }

  /** The bit of a source of general attention: a bias by the bucket of a distance. */
  public static int attentionRelative() {
    return Myelin_h.MYELIN_ATTENTION_RELATIVE();
  }

  /** The bit of a source of general attention: the positions that a token sees. */
  public static int attentionSelected() {
    return Myelin_h.MYELIN_ATTENTION_SELECTED();
  }

  /**
   * A ggml custom op: fast attention over a cache; the user data is a {@code
   * myelin_attention_params}, not shared with other nodes.
   */
  public static MemorySegment attentionOperation() {
    return Operations.ATTENTION;
  }

  /**
   * A ggml custom op, in place: makes rows NaN whose source row, f32 [k, n], is not finite; no user
   * data.
   */
  public static MemorySegment propagateNaNOperation() {
    return Operations.PROPAGATE_NAN;
  }

  /**
   * A ggml custom op, in place: makes blocks of a quantised cache NaN if the values written to them
   * are not finite; no user data.
   */
  public static MemorySegment propagateNaNBlocksOperation() {
    return Operations.PROPAGATE_NAN_BLOCKS;
  }

  /** A ggml custom op: the sum of two contiguous f32 tensors of one shape; no user data. */
  public static MemorySegment addOperation() {
    return Operations.ADD;
  }

  /** A ggml custom op: rotary position embedding; the user data is a {@code myelin_rope_params}. */
  public static MemorySegment ropeOperation() {
    return Operations.ROPE;
  }

  /** Values of a block of a ggml type if {@link #quantize} supports it on this machine, else 0. */
  public static int quantizeBlockSize(int type) {
    return Myelin_h.myelin_quantize_block_size(type);
  }

  /**
   * Quantises n finite floats, whole blocks, as ggml's reference does without an importance matrix.
   */
  public static void quantize(int type, MemorySegment floats, long n, MemorySegment out) {
    check(Myelin_h.myelin_quantize(type, floats, n, out));
  }

  /**
   * Converts n values of f16 or bf16 to f32; f32 is not copied.
   *
   * @param maxBits gets 4 bytes: the largest bit pattern without the sign
   */
  public static void toF32(
      int type, MemorySegment values, long n, MemorySegment floats, MemorySegment maxBits) {
    check(Myelin_h.myelin_to_f32(type, values, n, floats, maxBits));
  }

  /** The instruction set of the f32 GEMM. */
  public static String sgemmIsa() {
    Natives.load();
    return Myelin_h.myelin_sgemm_isa().getString(0);
  }

  /** A ggml custom op: f32 GEMM; the user data is one of the two kinds. */
  public static MemorySegment sgemmOperation() {
    return Operations.SGEMM;
  }

  /** The kind of GEMM that ggml_mul_mat computes. */
  public static MemorySegment mulMatKind() {
    return MemorySegment.ofAddress(Myelin_h.MYELIN_SGEMM_MUL_MAT());
  }

  /** The kind of GEMM that ggml_out_prod computes. */
  public static MemorySegment outProdKind() {
    return MemorySegment.ofAddress(Myelin_h.MYELIN_SGEMM_OUT_PROD());
  }

  /**
   * Runs rounds of f32 multiply-adds and returns the number of operations; the caller measures the
   * time.
   */
  public static long fmaFlops(long rounds) {
    return Myelin_h.myelin_fma_flops(rounds);
  }

  /**
   * Runs rounds of int8 dot products and returns the number of operations; the caller measures the
   * time.
   */
  public static long int8Ops(long rounds) {
    return Myelin_h.myelin_int8_ops(rounds);
  }

  /** Reads all of {@code memory} and returns a checksum; the caller measures the time. */
  public static long readMemory(MemorySegment memory) {
    return Myelin_h.myelin_read_memory(memory, memory.byteSize());
  }

  private static final class Operations {
    static final MemorySegment SGEMM = symbol("myelin_op_sgemm");
    static final MemorySegment QUANTIZE = symbol("myelin_op_quantize");
    static final MemorySegment QUANTIZE_SWIGLU = symbol("myelin_op_quantize_swiglu");
    static final MemorySegment QUANTIZE_RMS_NORM = symbol("myelin_op_quantize_rms_norm");
    static final MemorySegment MATMUL = symbol("myelin_op_matmul");
    static final MemorySegment GROUP_BY_EXPERT = symbol("myelin_op_group_by_expert");
    static final MemorySegment QUANTIZE_BY_EXPERT = symbol("myelin_op_quantize_by_expert");
    static final MemorySegment MATMUL_BY_EXPERT = symbol("myelin_op_matmul_by_expert");
    static final MemorySegment ATTENTION = symbol("myelin_op_attention");
    static final MemorySegment ATTENTION_GENERAL = symbol("myelin_op_attention_general");
    static final MemorySegment INDEXER_SCORES = symbol("myelin_op_indexer_scores");
    static final MemorySegment INDEXER_SELECT = symbol("myelin_op_indexer_select");
    static final MemorySegment PROPAGATE_NAN = symbol("myelin_op_propagate_nan");
    static final MemorySegment PROPAGATE_NAN_BLOCKS = symbol("myelin_op_propagate_nan_blocks");
    static final MemorySegment ADD = symbol("myelin_op_add");
    static final MemorySegment ROPE = symbol("myelin_op_rope");
  }

  /** A ggml abort callback: aborts a graph computation when the int at its argument is not 0. */
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
