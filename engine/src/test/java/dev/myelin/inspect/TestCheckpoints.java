package dev.myelin.inspect;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** Checkpoints filled with zeros in the shape of real models. */
final class TestCheckpoints {
  static final Path NAME = Path.of("test.gguf");

  private TestCheckpoints() {}

  static GgufFile open(GgufWriter writer) {
    return GgufFile.of(NAME, writer.toBytes());
  }

  static GgufWriter tensor(GgufWriter writer, String name, GgmlType type, long... shape) {
    long elements = 1;
    for (long dim : shape) {
      elements *= dim;
    }
    byte[] zeroes = new byte[Math.toIntExact(type.bytes(elements))];
    return writer.tensor(name, type, shape, MemorySegment.ofArray(zeroes));
  }

  /**
   * Metadata of two layers: embedding length 128, 4 heads of size 32, 2 KV heads, feed-forward
   * length 256.
   */
  static GgufWriter keys(String architecture) {
    return new GgufWriter()
        .put("general.architecture", architecture)
        .put("general.name", "Tiny")
        .put(architecture + ".block_count", 2)
        .put(architecture + ".embedding_length", 128)
        .put(architecture + ".feed_forward_length", 256)
        .put(architecture + ".context_length", 64)
        .put(architecture + ".attention.head_count", 4)
        .put(architecture + ".attention.head_count_kv", 2);
  }

  static void attention(GgufWriter w, int layer) {
    String blk = "blk." + layer + ".";
    tensor(w, blk + "attn_norm.weight", GgmlType.F32, 128);
    tensor(w, blk + "attn_q.weight", GgmlType.Q4_0, 128, 128);
    tensor(w, blk + "attn_k.weight", GgmlType.Q4_0, 128, 64);
    tensor(w, blk + "attn_v.weight", GgmlType.Q4_0, 128, 64);
    tensor(w, blk + "attn_output.weight", GgmlType.Q4_0, 128, 128);
  }

  /** A dense model with a tied output. */
  static GgufWriter dense(String architecture) {
    GgufWriter w = keys(architecture);
    tensor(w, "token_embd.weight", GgmlType.Q8_0, 128, 96);
    for (int i = 0; i < 2; i++) {
      attention(w, i);
      String blk = "blk." + i + ".";
      tensor(w, blk + "ffn_norm.weight", GgmlType.F32, 128);
      tensor(w, blk + "ffn_gate.weight", GgmlType.Q4_0, 128, 256);
      tensor(w, blk + "ffn_up.weight", GgmlType.Q4_0, 128, 256);
      tensor(w, blk + "ffn_down.weight", GgmlType.Q4_0, 256, 128);
    }
    return tensor(w, "output_norm.weight", GgmlType.F32, 128);
  }

  /** A mixture of 8 experts, 2 used, with an output matrix. */
  static GgufWriter experts() {
    GgufWriter w = keys("llama").put("llama.expert_count", 8).put("llama.expert_used_count", 2);
    tensor(w, "token_embd.weight", GgmlType.F16, 128, 96);
    for (int i = 0; i < 2; i++) {
      attention(w, i);
      String blk = "blk." + i + ".";
      tensor(w, blk + "ffn_norm.weight", GgmlType.F32, 128);
      tensor(w, blk + "ffn_gate_inp.weight", GgmlType.F32, 128, 8);
      tensor(w, blk + "ffn_gate_exps.weight", GgmlType.Q4_0, 128, 256, 8);
      tensor(w, blk + "ffn_up_exps.weight", GgmlType.Q4_0, 128, 256, 8);
      tensor(w, blk + "ffn_down_exps.weight", GgmlType.Q4_0, 256, 128, 8);
    }
    tensor(w, "output_norm.weight", GgmlType.F32, 128);
    return tensor(w, "output.weight", GgmlType.Q8_0, 128, 96);
  }
}
