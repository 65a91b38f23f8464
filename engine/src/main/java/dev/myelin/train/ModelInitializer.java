package dev.myelin.train;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Makes a checkpoint with random weights. Matrices are normally distributed with a standard
 * deviation of 1 / sqrt(3 in), so that activations keep their magnitude from layer to layer (He et
 * al. 2015); divided by sqrt(2 layers) where a layer adds to the residual stream (Radford et al.
 * 2019).
 */
final class ModelInitializer {
  private static final float EPSILON = 1e-5f;

  private final LlamaConfig config;
  private final SplittableRandom random;
  private final GgufWriter out;

  private ModelInitializer(LlamaConfig config, long seed, GgufWriter out) {
    this.config = config;
    this.random = new SplittableRandom(seed);
    this.out = out;
  }

  /**
   * Adds hyperparameters and tensors, but no tokenizer.
   *
   * @param vocabulary number of tokens
   * @param seed the same seed gives the same weights
   */
  static void putModel(LlamaConfig config, int vocabulary, long seed, GgufWriter out) {
    ModelInitializer initializer = new ModelInitializer(config, seed, out);
    initializer.putHyperparameters(vocabulary);
    initializer.putTensors(vocabulary);
  }

  private void putHyperparameters(int vocabulary) {
    out.put("llama.block_count", config.layers())
        .put("llama.context_length", config.context())
        .put("llama.embedding_length", config.width())
        .put("llama.feed_forward_length", config.feedForward())
        .put("llama.attention.head_count", config.heads())
        .put("llama.attention.head_count_kv", config.kvHeads())
        .put("llama.attention.layer_norm_rms_epsilon", EPSILON)
        .put("llama.rope.dimension_count", config.headSize())
        .put("llama.rope.freq_base", config.ropeBase())
        .put("llama.vocab_size", vocabulary);
    if (config.experts() > 0) {
      out.put("llama.expert_count", config.experts())
          .put("llama.expert_used_count", config.expertsUsed());
    }
  }

  private void putTensors(int vocabulary) {
    int width = config.width();
    random("token_embd.weight", config.embeddingDeviation(), width, vocabulary);
    for (int i = 0; i < config.layers(); i++) {
      putLayer("blk." + i + ".");
    }
    ones("output_norm.weight", width);
    if (!config.tied()) {
      random("output.weight", config.embeddingDeviation(), width, vocabulary);
    }
  }

  private void putLayer(String layer) {
    int width = config.width();
    int inner = config.feedForward();
    int experts = config.experts();
    ones(layer + "attn_norm.weight", width);
    matrix(layer + "attn_q.weight", width, width);
    matrix(layer + "attn_k.weight", width, config.kvWidth());
    matrix(layer + "attn_v.weight", width, config.kvWidth());
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
    random(name, 1 / Math.sqrt(3.0 * shape[0]) / Math.sqrt(2.0 * config.layers()), shape);
  }

  private void ones(String name, long length) {
    float[] values = new float[(int) length];
    Arrays.fill(values, 1f);
    out.tensor(
        name, GgmlType.F32, new long[] {length}, sink -> sink.write(MemorySegment.ofArray(values)));
  }

  private void random(String name, double deviation, long... shape) {
    SplittableRandom tensorRandom = random.split();
    long seed = tensorRandom.nextLong();
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
          float[] rowValues = new float[(int) row];
          MemorySegment rowSegment = MemorySegment.ofArray(rowValues);
          for (long r = 0; r < count; r++) {
            for (int i = 0; i < rowValues.length; i++) {
              rowValues[i] = (float) (values.nextGaussian() * deviation);
            }
            sink.write(rowSegment);
          }
        });
  }
}
