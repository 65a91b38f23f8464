package dev.myelin.testing;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomWeights.Distribution;

/** The tensors of a {@link RandomModel}; names as in the GGUF specification. */
final class RandomTensors {
  /** Standard deviations and gains that keep the residual stream near 1 and the logits small. */
  private static final float EMBEDDING_DEVIATION = 0.25f;

  private static final float BRANCH_OUTPUT_GAIN = 0.5f;
  private static final float LOGITS_GAIN = 3f;

  private static final float ROUTER_GAIN = 2f;

  /**
   * Rounding of quantised activations occasionally changes the selected experts, and the logits
   * jump. With this gain the last selected expert has almost no weight.
   */
  private static final float QUANTISED_ROUTER_GAIN = 8f;

  private final GgufWriter writer;
  private final RandomModel model;
  private final Shape shape;
  private final RandomWeights weights;

  RandomTensors(GgufWriter writer, RandomModel model, RandomWeights weights) {
    this.writer = writer;
    this.model = model;
    this.shape = model.shape();
    this.weights = weights;
  }

  void put() {
    boolean gpt2 = model.architecture().equals("gpt2");
    int width = shape.width();
    put(
        "token_embd.weight",
        model.types().of("token_embd"),
        new Distribution(0, EMBEDDING_DEVIATION),
        width,
        shape.vocabulary());
    if (gpt2) {
      put(
          "position_embd.weight",
          GgmlType.F32,
          new Distribution(0, EMBEDDING_DEVIATION),
          width,
          shape.contextLength());
    }
    norm("output_norm", width, gpt2);
    if (!model.has(Feature.TIED)) {
      matrix("output", LOGITS_GAIN, false, width, shape.vocabulary());
      if (model.architecture().equals("qwen2") && model.has(Feature.BIASES)) {
        vector("output.bias", new Distribution(0, 0.5f), shape.vocabulary());
      }
    }
    rope();
    for (int i = 0; i < shape.layers(); i++) {
      attention("blk." + i + ".", gpt2);
      feedForward("blk." + i + ".", gpt2);
    }
  }

  private void rope() {
    int pairs = shape.headSize() / 2;
    if (model.has(Feature.ROPE_FREQS)) {
      vector("rope_freqs.weight", new Distribution(4, 1), pairs);
    }
    if (model.has(Feature.ROPE_LONG)) {
      vector("rope_factors_short.weight", new Distribution(1.2f, 0.05f), pairs);
      vector("rope_factors_long.weight", new Distribution(6, 1), pairs);
    }
  }

  private void attention(String layer, boolean gpt2) {
    int width = shape.width();
    int queries = shape.heads() * shape.headSize();
    int keys = shape.kvHeads() * shape.headSize();
    boolean llama = model.architecture().equals("llama");
    boolean bias =
        gpt2 || model.architecture().equals("qwen2") || (llama && model.has(Feature.BIASES));
    norm(layer + "attn_norm", width, gpt2);
    if (gpt2 || model.has(Feature.FUSED_QKV)) {
      matrix(layer + "attn_qkv", 1, bias, width, queries + 2 * keys);
    } else {
      matrix(layer + "attn_q", 1, bias, width, queries);
      matrix(layer + "attn_k", 1, bias, width, keys);
      matrix(layer + "attn_v", 1, bias, width, keys);
    }
    if (model.architecture().equals("qwen3")) {
      norm(layer + "attn_q_norm", shape.headSize(), false);
      norm(layer + "attn_k_norm", shape.headSize(), false);
    }
    matrix(
        layer + "attn_output",
        BRANCH_OUTPUT_GAIN,
        gpt2 || (llama && model.has(Feature.BIASES)),
        queries,
        width);
  }

  private void feedForward(String layer, boolean gpt2) {
    int width = shape.width();
    int ffnWidth = shape.feedForward();
    norm(layer + "ffn_norm", width, gpt2);
    if (model.has(Feature.EXPERTS)) {
      int experts = RandomModel.EXPERTS;
      boolean quantised = model.types().of(layer + "ffn_gate_exps").isQuantized();
      float gain = quantised ? QUANTISED_ROUTER_GAIN : ROUTER_GAIN;
      put(
          layer + "ffn_gate_inp.weight",
          GgmlType.F32,
          new Distribution(0, gain / sqrt(width)),
          width,
          experts);
      matrix(layer + "ffn_gate_exps", 1, false, width, ffnWidth, experts);
      matrix(layer + "ffn_up_exps", 1, false, width, ffnWidth, experts);
      matrix(layer + "ffn_down_exps", BRANCH_OUTPUT_GAIN, false, ffnWidth, width, experts);
      return;
    }
    boolean bias = gpt2 || (model.architecture().equals("llama") && model.has(Feature.BIASES));
    if (!gpt2) {
      matrix(layer + "ffn_gate", 1, bias, width, ffnWidth);
    }
    matrix(layer + "ffn_up", 1, bias, width, ffnWidth);
    matrix(layer + "ffn_down", BRANCH_OUTPUT_GAIN, bias, ffnWidth, width);
  }

  /** A matrix [in, out, experts?] that maps vectors of rms 1 to vectors of rms {@code gain}. */
  private void matrix(String name, float gain, boolean bias, long... dims) {
    put(name + ".weight", model.types().of(name), new Distribution(0, gain / sqrt(dims[0])), dims);
    if (bias) {
      vector(name + ".bias", new Distribution(0, 0.1f), dims[1]);
    }
    // the reference implementation scales the output only if it is nvfp4
    if (model.has(Feature.SCALES)
        && (!name.equals("output") || model.types().of(name) == GgmlType.NVFP4)) {
      vector(name + ".scale", new Distribution(1, 0.1f), dims.length == 3 ? dims[2] : 1);
    }
  }

  private void norm(String name, long width, boolean bias) {
    vector(name + ".weight", new Distribution(1, 0.1f), width);
    if (bias) {
      vector(name + ".bias", new Distribution(0, 0.1f), width);
    }
  }

  private void vector(String name, Distribution values, long length) {
    put(name, GgmlType.F32, values, length);
  }

  private void put(String name, GgmlType type, Distribution values, long... dims) {
    writer.tensor(name, type, dims, weights.tensor(name, type, values, dims));
  }

  private static float sqrt(long n) {
    return (float) Math.sqrt(n);
  }
}
