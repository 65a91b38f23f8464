package dev.myelin.quantize;

import dev.myelin.gguf.TensorInfo;
import java.util.List;
import java.util.Set;

/** Which tensors keep their type whatever is asked for: vectors, and small or delicate matrices. */
final class TensorFilter {
  private static final Set<String> KEPT = Set.of("position_embd.weight", "token_types.weight");

  private static final List<String> KEPT_PARTS =
      List.of(
          "_norm.weight",
          // routers, and a table of experts by token
          "ffn_gate_inp.weight",
          "ffn_gate_tid2eid.weight",
          "altup",
          "laurel",
          "per_layer_model_proj",
          // short convolutions of state-space layers
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
          // encoders of pictures and sound
          ".position_embd",
          "sam.pos_embd",
          "sam.neck.",
          "sam.net_",
          ".patch_embd",
          ".patch_merger",
          "a.rvq.codebook",
          "mm.a.code_embd");

  private TensorFilter() {}

  /** Whether the tensor is a matrix, or a stack of some, that may be quantised. */
  static boolean allows(TensorInfo tensor) {
    String name = tensor.name();
    return isMatrix(tensor)
        && name.endsWith("weight")
        && !KEPT.contains(name)
        && KEPT_PARTS.stream().noneMatch(name::contains);
  }

  private static boolean isMatrix(TensorInfo tensor) {
    return tensor.dim(1) > 1 || tensor.dim(2) > 1 || tensor.dim(3) > 1;
  }
}
