package dev.myelin.natives;

import dev.myelin.bindings.kernels.Myelin_h;
import java.lang.foreign.MemorySegment;

/** What the kernels support, and the layouts and sizes that they expect. */
public final class KernelInfo {
  private KernelInfo() {}

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

  /** Bytes of the user data of a quantised RMS norm. */
  public static long rmsNormParamsBytes() {
    return Myelin_h.MYELIN_RMS_NORM_PARAMS_BYTES();
  }

  /** The most weight matrices of one matmul node. */
  public static int maxMatrices() {
    return Myelin_h.MYELIN_MAX_MATRICES();
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

  /** The kind of GEMM that ggml_mul_mat computes. */
  public static MemorySegment mulMatKind() {
    return MemorySegment.ofAddress(Myelin_h.MYELIN_SGEMM_MUL_MAT());
  }

  /** The kind of GEMM that ggml_out_prod computes. */
  public static MemorySegment outProdKind() {
    return MemorySegment.ofAddress(Myelin_h.MYELIN_SGEMM_OUT_PROD());
  }
}
