package dev.myelin.plan;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.TensorInfo;
import dev.myelin.plan.Blueprint.Experts;
import dev.myelin.plan.Blueprint.Feature;
import dev.myelin.plan.Blueprint.Heads;
import dev.myelin.plan.Blueprint.Latent;
import java.util.ArrayList;
import java.util.List;

/** The tensors of a {@link Blueprint}, named as in a GGUF file, all f32. */
final class BlueprintTensors {
  private final Blueprint b;
  private final List<TensorInfo> all = new ArrayList<>();
  private final boolean biases;

  private BlueprintTensors(Blueprint b) {
    this.b = b;
    biases = b.has(Feature.BIASES);
  }

  static List<TensorInfo> of(Blueprint blueprint) {
    return new BlueprintTensors(blueprint).list();
  }

  private List<TensorInfo> list() {
    add("token_embd.weight", b.width(), b.vocabulary());
    if (b.has(Feature.POSITIONS)) {
      add("position_embd.weight", b.width(), b.context());
    }
    for (int i = 0; i < b.layers(); i++) {
      String blk = "blk." + i + ".";
      norm(blk + "attn_norm", b.width());
      attention(blk);
      norm(blk + "ffn_norm", b.width());
      feedForward(blk, i);
      if (b.has(Feature.POST_NORMS)) {
        norm(blk + "post_attention_norm", b.width());
        norm(blk + "post_ffw_norm", b.width());
      }
    }
    if (!b.has(Feature.NO_FINAL_NORM)) {
      norm("output_norm", b.width());
    }
    if (!b.has(Feature.TIED)) {
      add("output.weight", b.width(), b.vocabulary());
    }
    return List.copyOf(all);
  }

  private void attention(String blk) {
    if (b.latent() != null) {
      latent(blk, b.latent());
      return;
    }
    Heads h = b.heads();
    long queries = (long) h.query() * h.size();
    long keys = (long) h.keyValue() * h.size();
    boolean bias = biases || b.has(Feature.QKV_BIASES);
    if (b.has(Feature.FUSED_QKV)) {
      matrix(blk + "attn_qkv", bias, b.width(), queries + 2 * keys);
    } else {
      matrix(blk + "attn_q", bias, b.width(), queries);
      matrix(blk + "attn_k", bias, b.width(), keys);
      matrix(blk + "attn_v", bias, b.width(), keys);
    }
    if (b.has(Feature.HEAD_NORMS)) {
      norm(blk + "attn_q_norm", h.size());
      norm(blk + "attn_k_norm", h.size());
    }
    if (b.has(Feature.SINKS)) {
      add(blk + "attn_sinks.weight", h.query());
    }
    matrix(blk + "attn_output", biases, queries, b.width());
  }

  private void latent(String blk, Latent l) {
    long heads = b.heads().query();
    long queries = heads * (l.plain() + l.rotary());
    if (l.queryRank() > 0) {
      matrix(blk + "attn_q_a", false, b.width(), l.queryRank());
      norm(blk + "attn_q_a_norm", l.queryRank());
      matrix(blk + "attn_q_b", false, l.queryRank(), queries);
    } else {
      matrix(blk + "attn_q", false, b.width(), queries);
    }
    matrix(blk + "attn_kv_a_mqa", false, b.width(), l.rank() + l.rotary());
    norm(blk + "attn_kv_a_norm", l.rank());
    matrix(blk + "attn_k_b", false, l.plain(), l.rank(), heads);
    matrix(blk + "attn_v_b", false, l.rank(), l.value(), heads);
    matrix(blk + "attn_output", false, heads * l.value(), b.width());
  }

  private void feedForward(String blk, int layer) {
    Experts e = b.experts();
    if (layer < e.dense() || e.present() == 0) {
      dense(blk, b.feedForward());
      return;
    }
    matrix(blk + "ffn_gate_inp", biases, b.width(), e.present());
    matrix(blk + "ffn_gate_exps", biases, b.width(), e.inner(), e.present());
    matrix(blk + "ffn_up_exps", biases, b.width(), e.inner(), e.present());
    matrix(blk + "ffn_down_exps", biases, e.inner(), b.width(), e.present());
    if (e.shared() > 0) {
      long inner = (long) e.shared() * e.inner();
      matrix(blk + "ffn_gate_shexp", false, b.width(), inner);
      matrix(blk + "ffn_up_shexp", false, b.width(), inner);
      matrix(blk + "ffn_down_shexp", false, inner, b.width());
    }
  }

  private void dense(String blk, long inner) {
    if (b.has(Feature.FUSED_GATE)) {
      matrix(blk + "ffn_up", biases, b.width(), 2 * inner);
    } else {
      if (!b.has(Feature.UNGATED)) {
        matrix(blk + "ffn_gate", biases, b.width(), inner);
      }
      matrix(blk + "ffn_up", biases, b.width(), inner);
    }
    matrix(blk + "ffn_down", biases, inner, b.width());
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
    if (b.has(Feature.NORM_BIASES)) {
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
    all.add(new TensorInfo(name, GgmlType.F32, shape, 0, 0, GgmlType.F32.bytes(elements)));
  }
}
