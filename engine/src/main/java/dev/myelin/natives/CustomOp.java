package dev.myelin.natives;

import java.lang.foreign.MemorySegment;
import java.util.Locale;

/**
 * The ggml custom ops that libmyelin computes. The comments say what they compute and the user data
 * of their nodes.
 */
public enum CustomOp {
  /** Quantises f32 [k, n]; the user data is the format. */
  QUANTIZE,

  /** Quantises silu(f32 [k, n]) * f32 [k, n]; the user data is the format. */
  QUANTIZE_SWIGLU,

  /**
   * Quantises the RMS norm of f32 [k, n] times a weight, f32 [k]; the user data is the format, an
   * int, and epsilon, a float, {@link KernelInfo#rmsNormParamsBytes} in all.
   */
  QUANTIZE_RMS_NORM,

  /**
   * Weights times quantised activations; the user data is the work queue of the node, {@link
   * KernelInfo#workQueueBytes} zeros.
   */
  MATMUL,

  /** The choices of a router, grouped by expert; the user data is the number of experts. */
  GROUP_BY_EXPERT,

  /** Quantises activations once for each of their experts; the user data is the format. */
  QUANTIZE_BY_EXPERT,

  /** The weights of experts times these activations, or f32; the user data is that of a matmul. */
  MATMUL_BY_EXPERT,

  /** General attention over a cache; the user data as of {@link #ATTENTION}. */
  ATTENTION_GENERAL,

  /** The scores of an indexer; the user data is a work queue as of a matmul. */
  INDEXER_SCORES,

  /** The positions with the largest scores; no user data. */
  INDEXER_SELECT,

  /**
   * Fast attention over a cache; the user data is a {@code myelin_attention_params}, not shared
   * with other nodes.
   */
  ATTENTION,

  /** In place: makes rows NaN whose source row, f32 [k, n], is not finite; no user data. */
  PROPAGATE_NAN,

  /**
   * In place: makes blocks of a quantised cache NaN if the values written to them are not finite;
   * no user data.
   */
  PROPAGATE_NAN_BLOCKS,

  /** The sum of two contiguous f32 tensors of one shape; no user data. */
  ADD,

  /** GELU of a contiguous f32 tensor, times another of its shape if there is one; no user data. */
  GELU,

  /** Rotary position embedding; the user data is a {@code myelin_rope_params}. */
  ROPE,

  /** F32 GEMM; the user data is one of the two kinds. */
  SGEMM;

  private final String opName = name().toLowerCase(Locale.ROOT);
  private final MemorySegment address = Natives.symbol("myelin_op_" + opName);

  /** Its name in a graph, like {@code quantize_rms_norm}. */
  public String opName() {
    return opName;
  }

  /** The function that computes it, a {@code ggml_custom_op_t}. */
  public MemorySegment address() {
    return address;
  }
}
