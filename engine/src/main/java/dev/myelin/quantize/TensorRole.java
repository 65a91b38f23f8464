package dev.myelin.quantize;

/**
 * The role of a matrix, derived from its tensor name. The mixes choose types by role. Immutable and
 * thread-safe.
 */
public enum TensorRole {
  OUTPUT,
  TOKEN_EMBEDDING,
  /** Values; also fused Q, K and V, and the expansion of a latent (MLA). */
  ATTENTION_V,
  ATTENTION_K,
  ATTENTION_Q,
  ATTENTION_OUTPUT,
  FFN_UP,
  FFN_GATE,
  FFN_DOWN,
  OTHER;

  private record NamePart(String text, TensorRole role) {}

  /** The first part that the name contains decides. */
  private static final NamePart[] NAME_PARTS = {
    new NamePart("attn_qkv.weight", ATTENTION_V),
    new NamePart("attn_kv_b.weight", ATTENTION_V),
    new NamePart("attn_v.weight", ATTENTION_V),
    new NamePart("attn_k.weight", ATTENTION_K),
    new NamePart("attn_q.weight", ATTENTION_Q),
    new NamePart("attn_output.weight", ATTENTION_OUTPUT),
    new NamePart("ffn_up", FFN_UP),
    new NamePart("ffn_gate", FFN_GATE),
    new NamePart("ffn_down", FFN_DOWN),
  };

  /** The role of the tensor of that name. */
  public static TensorRole of(String tensor) {
    switch (tensor) {
      case "output.weight":
        return OUTPUT;
      case "token_embd.weight", "per_layer_token_embd.weight":
        return TOKEN_EMBEDDING;
      default:
    }
    for (NamePart part : NAME_PARTS) {
      if (tensor.contains(part.text)) {
        return part.role;
      }
    }
    return OTHER;
  }
}
