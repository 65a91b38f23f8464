package dev.myelin.plan;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.plan.DecoderShape.Experts;
import dev.myelin.plan.DecoderShape.Feature;
import dev.myelin.plan.DecoderShape.Heads;
import dev.myelin.plan.DecoderShape.Mla;
import java.util.ArrayList;
import java.util.List;

/** The tensors of a {@link DecoderShape}, with GGUF names, all f32. */
final class DecoderTensors {
  private final DecoderShape shape;
  private final List<TensorInfo> tensors = new ArrayList<>();
  private final boolean hasBiases;

  private DecoderTensors(DecoderShape b) {
    this.shape = b;
    hasBiases = b.has(Feature.BIASES);
  }

  static List<TensorInfo> of(DecoderShape blueprint) {
    return new DecoderTensors(blueprint).list();
  }

  private List<TensorInfo> list() {
    add("token_embd.weight", shape.width(), shape.vocabulary());
    if (shape.has(Feature.LEARNED_POSITIONS)) {
      add("position_embd.weight", shape.width(), shape.context());
    }
    for (int i = 0; i < shape.layers(); i++) {
      String prefix = "blk." + i + ".";
      norm(prefix + "attn_norm", shape.width());
      attention(prefix);
      norm(prefix + "ffn_norm", shape.width());
      feedForward(prefix, i);
      if (shape.has(Feature.POST_NORMS)) {
        norm(prefix + "post_attention_norm", shape.width());
        norm(prefix + "post_ffw_norm", shape.width());
      }
    }
    if (!shape.has(Feature.NO_FINAL_NORM)) {
      norm("output_norm", shape.width());
    }
    if (!shape.has(Feature.TIED)) {
      add("output.weight", shape.width(), shape.vocabulary());
    }
    return List.copyOf(tensors);
  }

  private void attention(String prefix) {
    if (shape.mla() != null) {
      mla(prefix, shape.mla());
      return;
    }
    Heads heads = shape.heads();
    long queries = (long) heads.query() * heads.size();
    long keys = (long) heads.keyValue() * heads.size();
    boolean bias = hasBiases || shape.has(Feature.QKV_BIASES);
    if (shape.has(Feature.FUSED_QKV)) {
      matrix(prefix + "attn_qkv", bias, shape.width(), queries + 2 * keys);
    } else {
      matrix(prefix + "attn_q", bias, shape.width(), queries);
      matrix(prefix + "attn_k", bias, shape.width(), keys);
      matrix(prefix + "attn_v", bias, shape.width(), keys);
    }
    if (shape.has(Feature.QK_NORMS)) {
      norm(prefix + "attn_q_norm", heads.size());
      norm(prefix + "attn_k_norm", heads.size());
    }
    if (shape.has(Feature.SINKS)) {
      add(prefix + "attn_sinks.weight", heads.query());
    }
    matrix(prefix + "attn_output", hasBiases, queries, shape.width());
  }

  private void mla(String prefix, Mla mla) {
    long heads = shape.heads().query();
    long queries = heads * (mla.nopeDim() + mla.ropeDim());
    if (mla.queryRank() > 0) {
      matrix(prefix + "attn_q_a", false, shape.width(), mla.queryRank());
      norm(prefix + "attn_q_a_norm", mla.queryRank());
      matrix(prefix + "attn_q_b", false, mla.queryRank(), queries);
    } else {
      matrix(prefix + "attn_q", false, shape.width(), queries);
    }
    matrix(prefix + "attn_kv_a_mqa", false, shape.width(), mla.kvRank() + mla.ropeDim());
    norm(prefix + "attn_kv_a_norm", mla.kvRank());
    matrix(prefix + "attn_k_b", false, mla.nopeDim(), mla.kvRank(), heads);
    matrix(prefix + "attn_v_b", false, mla.kvRank(), mla.valueDim(), heads);
    matrix(prefix + "attn_output", false, heads * mla.valueDim(), shape.width());
  }

  private void feedForward(String prefix, int layer) {
    Experts experts = shape.experts();
    if (layer < experts.denseLayers() || experts.count() == 0) {
      denseFeedForward(prefix, shape.feedForward());
      return;
    }
    matrix(prefix + "ffn_gate_inp", hasBiases, shape.width(), experts.count());
    matrix(prefix + "ffn_gate_exps", hasBiases, shape.width(), experts.ffnWidth(), experts.count());
    matrix(prefix + "ffn_up_exps", hasBiases, shape.width(), experts.ffnWidth(), experts.count());
    matrix(prefix + "ffn_down_exps", hasBiases, experts.ffnWidth(), shape.width(), experts.count());
    if (experts.shared() > 0) {
      long ffnWidth = (long) experts.shared() * experts.ffnWidth();
      matrix(prefix + "ffn_gate_shexp", false, shape.width(), ffnWidth);
      matrix(prefix + "ffn_up_shexp", false, shape.width(), ffnWidth);
      matrix(prefix + "ffn_down_shexp", false, ffnWidth, shape.width());
    }
  }

  private void denseFeedForward(String prefix, long ffnWidth) {
    if (shape.has(Feature.FUSED_GATE_UP)) {
      matrix(prefix + "ffn_up", hasBiases, shape.width(), 2 * ffnWidth);
    } else {
      if (!shape.has(Feature.UNGATED)) {
        matrix(prefix + "ffn_gate", hasBiases, shape.width(), ffnWidth);
      }
      matrix(prefix + "ffn_up", hasBiases, shape.width(), ffnWidth);
    }
    matrix(prefix + "ffn_down", hasBiases, ffnWidth, shape.width());
  }

  /** A matrix [in, out, experts?], and its bias [out, experts?]. */
  private void matrix(String name, boolean bias, long... dims) {
    add(name + ".weight", dims);
    if (bias) {
      add(name + ".bias", dims.length == 3 ? new long[] {dims[1], dims[2]} : new long[] {dims[1]});
    }
  }

  private void norm(String name, long length) {
    add(name + ".weight", length);
    if (shape.has(Feature.NORM_BIASES)) {
      add(name + ".bias", length);
    }
  }

  private void add(String name, long... dims) {
    List<Long> shape = new ArrayList<>();
    long elements = 1;
    for (long dim : dims) {
      shape.add(dim);
      elements = Math.multiplyExact(elements, dim);
    }
    tensors.add(new TensorInfo(name, GgmlType.F32, shape, 0, 0, GgmlType.F32.bytes(elements)));
  }
}
