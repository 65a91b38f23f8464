package dev.myelin.graph;

import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.natives.KernelsLibrary;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/** The names of the functions that compute native nodes. Thread-safe. */
final class NativeOperations {
  /** The f32 GEMM of training. */
  static final String SGEMM = "sgemm";

  private static final Map<Long, String> NAMES = new HashMap<>();

  static {
    put(KernelsLibrary.quantizeOperation(), "quantize");
    put(KernelsLibrary.quantizeSwigluOperation(), "quantize_swiglu");
    put(KernelsLibrary.quantizeRmsNormOperation(), "quantize_rms_norm");
    put(KernelsLibrary.matmulOperation(), "matmul");
    put(KernelsLibrary.groupByExpertOperation(), "group_by_expert");
    put(KernelsLibrary.quantizeByExpertOperation(), "quantize_by_expert");
    put(KernelsLibrary.matmulByExpertOperation(), "matmul_by_expert");
    put(KernelsLibrary.attentionOperation(), "attention");
    put(KernelsLibrary.generalAttentionOperation(), "attention_general");
    put(KernelsLibrary.indexerScoresOperation(), "indexer_scores");
    put(KernelsLibrary.indexerSelectOperation(), "indexer_select");
    put(KernelsLibrary.propagateNaNOperation(), "propagate_nan");
    put(KernelsLibrary.propagateNaNBlocksOperation(), "propagate_nan_blocks");
    put(KernelsLibrary.addOperation(), "add");
    put(KernelsLibrary.ropeOperation(), "rope");
    put(KernelsLibrary.sgemmOperation(), SGEMM);
  }

  private NativeOperations() {}

  private static void put(MemorySegment function, String name) {
    NAMES.put(function.address(), name);
  }

  /** The name of a custom node's function; "custom" for one that is not of libmyelin. */
  static String nameOf(MemorySegment node) {
    // ggml_custom_op_params starts with the function
    long function = ggml_tensor.op_params(node).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    return NAMES.getOrDefault(function, "custom");
  }
}
