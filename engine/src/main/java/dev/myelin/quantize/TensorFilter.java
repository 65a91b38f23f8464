package dev.myelin.quantize;

import dev.myelin.gguf.TensorInfo;
import java.util.List;
import java.util.Set;

/** Tensors that are never quantised: vectors, and small or sensitive matrices. */
final class TensorFilter {
  private static final Set<String> UNQUANTIZED =
      Set.of("position_embd.weight", "token_types.weight");

  private static final List<String> UNQUANTIZED_PARTS =
      List.of(
          "_norm.weight",
          // routers, and the table from token to expert
          "ffn_gate_inp.weight",
          "ffn_gate_tid2eid.weight",
          "altup",
          "laurel",
          "per_layer_model_proj",
          // short convolutions of recurrent layers
          "ssm_conv1d",
          "shortconv.conv.weight",
          "indexer.k_proj.weight",
          "indexer.q_proj.weight",
          // RWKV
          "time_mix_first.weight",
          "time_mix_w0.weight",
          "time_mix_w1.weight",
          "time_mix_w2.weight",
          "time_mix_v0.weight",
          "time_mix_v1.weight",
          "time_mix_v2.weight",
          "time_mix_a0.weight",
          "time_mix_a1.weight",
          "time_mix_a2.weight",
          "time_mix_g1.weight",
          "time_mix_g2.weight",
          "time_mix_decay_w1.weight",
          "time_mix_decay_w2.weight",
          "time_mix_lerp_fused.weight",
          // relative positions
          "attn_rel_b.weight",
          ".rel_pos",
          // vision and audio encoders
          ".position_embd",
          "sam.pos_embd",
          "sam.neck.",
          "sam.net_",
          ".patch_embd",
          ".patch_merger",
          "a.rvq.codebook",
          "mm.a.code_embd");

  private TensorFilter() {}

  /** Whether the tensor is a matrix, or a stack of matrices, that may be quantised. */
  static boolean isQuantizable(TensorInfo tensor) {
    String name = tensor.name();
    return isMatrix(tensor)
        && name.endsWith("weight")
        && !UNQUANTIZED.contains(name)
        && UNQUANTIZED_PARTS.stream().noneMatch(name::contains);
  }

  private static boolean isMatrix(TensorInfo tensor) {
    return tensor.dim(1) > 1 || tensor.dim(2) > 1 || tensor.dim(3) > 1;
  }
}
