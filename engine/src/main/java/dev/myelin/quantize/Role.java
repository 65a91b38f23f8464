package dev.myelin.quantize;

/** What a matrix does, by its name: the mixes give some more bits than others. */
public enum Role {
  OUTPUT,
  TOKEN_EMBEDDING,
  /**
   * Values; also where they share a matrix with queries and keys, or are expanded from a latent.
   */
  VALUE,
  KEY,
  QUERY,
  ATTENTION_OUTPUT,
  UP,
  GATE,
  DOWN,
  OTHER;

  private record Part(String text, Role role) {}

  /** The first that a name contains decides. */
  private static final Part[] PARTS = {
    new Part("attn_qkv.weight", VALUE),
    new Part("attn_kv_b.weight", VALUE),
    new Part("attn_v.weight", VALUE),
    new Part("attn_k.weight", KEY),
    new Part("attn_q.weight", QUERY),
    new Part("attn_output.weight", ATTENTION_OUTPUT),
    new Part("ffn_up", UP),
    new Part("ffn_gate", GATE),
    new Part("ffn_down", DOWN),
  };

  /** The role of the tensor of that name. */
  public static Role of(String tensor) {
    switch (tensor) {
      case "output.weight":
        return OUTPUT;
      case "token_embd.weight", "per_layer_token_embd.weight":
        return TOKEN_EMBEDDING;
      default:
    }
    for (Part part : PARTS) {
      if (tensor.contains(part.text)) {
        return part.role;
      }
    }
    return OTHER;
  }
}
