package dev.myelin.quantize;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.testing.RandomWeights;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * A file with the tensor names of every layer but only two rows per tensor, which is enough to test
 * the choice of types.
 *
 * @param experts experts in a layer, 0 for a dense model
 * @param rowLength length of every row
 * @param tied whether there is no output matrix
 */
record SparseModel(
    String architecture,
    int layers,
    int heads,
    int kvHeads,
    int experts,
    int rowLength,
    boolean tied) {
  private static final int ROWS = 2;

  SparseModel(String architecture, int layers, int heads, int kvHeads, int experts, int row) {
    this(architecture, layers, heads, kvHeads, experts, row, false);
  }

  SparseModel withoutOutput() {
    return new SparseModel(architecture, layers, heads, kvHeads, experts, rowLength, true);
  }

  void write(Path file) {
    GgufWriter writer = new GgufWriter();
    String prefix = architecture + ".";
    writer
        .put("general.architecture", architecture)
        .put("general.file_type", 0)
        .put(prefix + "block_count", layers)
        .put(prefix + "context_length", 64)
        .put(prefix + "embedding_length", rowLength)
        .put(prefix + "feed_forward_length", rowLength)
        .put(prefix + "attention.head_count", heads)
        .put(prefix + "attention.head_count_kv", kvHeads)
        .put(prefix + "attention.layer_norm_rms_epsilon", 1e-5f)
        .put(prefix + "attention.layer_norm_epsilon", 1e-5f)
        .put("tokenizer.ggml.model", "no_vocab");
    if (experts > 0) {
      writer.put(prefix + "expert_count", experts).put(prefix + "expert_used_count", 2);
    }
    put(writer, "token_embd.weight", 1);
    if (!tied) {
      put(writer, "output.weight", 1);
    }
    // in reverse: the order in the file does not matter
    for (int i = layers - 1; i >= 0; i--) {
      layer(writer, "blk." + i + ".", i);
    }
    writer.write(file);
  }

  private void layer(GgufWriter writer, String layer, int index) {
    // some fused or latent projections, which count as value matrices
    put(writer, layer + (index % 5 == 4 ? "attn_qkv" : "attn_v") + ".weight", 1);
    if (index % 7 == 6) {
      put(writer, layer + "attn_kv_b.weight", 1);
    }
    if (layers > 40) {
      put(writer, layer + "ffn_down.weight", 1); // models with fewer layers cover the other tensors
      return;
    }
    put(writer, layer + "attn_k.weight", 1);
    put(writer, layer + "attn_q.weight", 1);
    put(writer, layer + "attn_output.weight", 1);
    put(writer, layer + "attn_other.weight", 1);
    put(writer, layer + "attn_q_norm.weight", 1);
    String kind = experts > 0 ? "_exps" : "";
    for (String name : new String[] {"ffn_up", "ffn_gate", "ffn_down"}) {
      put(writer, layer + name + kind + ".weight", Math.max(1, experts));
    }
    if (experts > 0) {
      put(writer, layer + "ffn_gate_inp.weight", 1);
      put(writer, layer + "ffn_down_shexp.weight", 1);
    }
  }

  private void put(GgufWriter writer, String name, int matrices) {
    SplittableRandom random = new SplittableRandom(name.hashCode());
    int rows = matrices == 1 ? ROWS : 1;
    float[] values = new float[rowLength * rows * matrices];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian(0, 0.05);
    }
    writer.tensor(
        name,
        GgmlType.F32,
        matrices == 1 ? new long[] {rowLength, rows} : new long[] {rowLength, rows, matrices},
        RandomWeights.quantize(GgmlType.F32, values, rowLength));
  }
}
