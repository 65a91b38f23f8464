package dev.myelin.train;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A checkpoint with random weights: normally distributed, with a deviation of 1 / sqrt(3 in) for
 * matrices, so that values keep their size from layer to layer (He et al. 2015); smaller by sqrt(2
 * layers) where a layer adds to the residual stream (Radford et al. 2019).
 */
final class NewModel {
  private static final float EPSILON = 1e-5f;

  private final ModelDesign design;
  private final SplittableRandom random;
  private final GgufWriter out;

  private NewModel(ModelDesign design, long seed, GgufWriter out) {
    this.design = design;
    this.random = new SplittableRandom(seed);
    this.out = out;
  }

  /**
   * Adds everything but the tokenizer.
   *
   * @param vocabulary number of tokens
   * @param seed same seed, same weights
   */
  static void describe(ModelDesign design, int vocabulary, long seed, GgufWriter out) {
    NewModel model = new NewModel(design, seed, out);
    model.hyperparameters(vocabulary);
    model.tensors(vocabulary);
  }

  private void hyperparameters(int vocabulary) {
    out.put("llama.block_count", design.layers())
        .put("llama.context_length", design.context())
        .put("llama.embedding_length", design.width())
        .put("llama.feed_forward_length", design.feedForward())
        .put("llama.attention.head_count", design.heads())
        .put("llama.attention.head_count_kv", design.kvHeads())
        .put("llama.attention.layer_norm_rms_epsilon", EPSILON)
        .put("llama.rope.dimension_count", design.headSize())
        .put("llama.rope.freq_base", design.ropeBase())
        .put("llama.vocab_size", vocabulary);
    if (design.experts() > 0) {
      out.put("llama.expert_count", design.experts())
          .put("llama.expert_used_count", design.expertsUsed());
    }
  }

  private void tensors(int vocabulary) {
    int width = design.width();
    random("token_embd.weight", design.embeddingDeviation(), width, vocabulary);
    for (int i = 0; i < design.layers(); i++) {
      layer("blk." + i + ".");
    }
    ones("output_norm.weight", width);
    if (!design.tied()) {
      random("output.weight", design.embeddingDeviation(), width, vocabulary);
    }
  }

  private void layer(String layer) {
    int width = design.width();
    int inner = design.feedForward();
    int experts = design.experts();
    ones(layer + "attn_norm.weight", width);
    matrix(layer + "attn_q.weight", width, width);
    matrix(layer + "attn_k.weight", width, design.kvWidth());
    matrix(layer + "attn_v.weight", width, design.kvWidth());
    residual(layer + "attn_output.weight", width, width);
    ones(layer + "ffn_norm.weight", width);
    if (experts == 0) {
      matrix(layer + "ffn_gate.weight", width, inner);
      matrix(layer + "ffn_up.weight", width, inner);
      residual(layer + "ffn_down.weight", inner, width);
    } else {
      matrix(layer + "ffn_gate_inp.weight", width, experts);
      matrix(layer + "ffn_gate_exps.weight", width, inner, experts);
      matrix(layer + "ffn_up_exps.weight", width, inner, experts);
      residual(layer + "ffn_down_exps.weight", inner, width, experts);
    }
  }

  private void matrix(String name, long... shape) {
    random(name, 1 / Math.sqrt(3.0 * shape[0]), shape);
  }

  private void residual(String name, long... shape) {
    random(name, 1 / Math.sqrt(3.0 * shape[0]) / Math.sqrt(2.0 * design.layers()), shape);
  }

  private void ones(String name, long length) {
    float[] values = new float[(int) length];
    Arrays.fill(values, 1f);
    out.tensor(
        name, GgmlType.F32, new long[] {length}, sink -> sink.write(MemorySegment.ofArray(values)));
  }

  private void random(String name, double deviation, long... shape) {
    SplittableRandom stream = random.split();
    long seed = stream.nextLong();
    long row = shape[0];
    long rows = 1;
    for (int i = 1; i < shape.length; i++) {
      rows *= shape[i];
    }
    long count = rows;
    out.tensor(
        name,
        GgmlType.F32,
        shape,
        sink -> {
          SplittableRandom values = new SplittableRandom(seed);
          float[] one = new float[(int) row];
          MemorySegment piece = MemorySegment.ofArray(one);
          for (long r = 0; r < count; r++) {
            for (int i = 0; i < one.length; i++) {
              one[i] = (float) (values.nextGaussian() * deviation);
            }
            sink.write(piece);
          }
        });
  }
}
