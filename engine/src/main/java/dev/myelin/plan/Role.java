package dev.myelin.plan;

/** What a matrix is for, as far as mixes of types tell matrices apart. */
enum Role {
  OUTPUT,
  EMBEDDING,
  /** Values, and matrices that values are a part of. */
  VALUE,
  KEY,
  QUERY,
  ATTENTION_OUTPUT,
  DOWN,
  GATE_OR_UP,
  OTHER;

  static Role of(String name) {
    if (name.equals("output.weight")) {
      return OUTPUT;
    } else if (name.equals("token_embd.weight") || name.equals("per_layer_token_embd.weight")) {
      return EMBEDDING;
    } else if (name.contains("attn_qkv.")
        || name.contains("attn_kv_b.")
        || name.contains("attn_v.")) {
      return VALUE;
    } else if (name.contains("attn_k.")) {
      return KEY;
    } else if (name.contains("attn_q.")) {
      return QUERY;
    } else if (name.contains("attn_output.")) {
      return ATTENTION_OUTPUT;
    } else if (name.contains("ffn_down")) {
      return DOWN;
    }
    return name.contains("ffn_gate") || name.contains("ffn_up") ? GATE_OR_UP : OTHER;
  }
}
