package dev.myelin.testing;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.testing.RandomWeights.Distribution;
import java.nio.file.Path;

/**
 * Tiny random models that libllama runs in ways that a decoder with one cache does not need: with
 * sliding windows, with a state, without a cache, with an encoder. They have no vocabulary, as a
 * model that is only fed ids may be.
 */
final class OracleModels {
  static final int VOCABULARY = 60;
  static final int WIDTH = 64;
  static final int CONTEXT = 64;
  static final int WINDOW = 8;
  static final int CLASSES = 3;

  private static final int LAYERS = 2;
  private static final int HEADS = 4;
  private static final int FEED_FORWARD = 96;
  private static final int INNER = 2 * WIDTH;
  private static final int STATE = 16;
  private static final int STEP_RANK = 4;
  private static final int KERNEL = 4;
  private static final int BUCKETS = 32;
  private static final float EPSILON = 1e-5f;

  private final String architecture;
  private final GgufWriter writer = new GgufWriter();
  private final RandomWeights weights = RandomWeights.exact(1);

  private OracleModels(String architecture) {
    this.architecture = architecture;
    writer.put("general.architecture", architecture);
    writer.put("tokenizer.ggml.model", "none");
    key("vocab_size", VOCABULARY);
    key("block_count", LAYERS);
    key("context_length", CONTEXT);
    key("embedding_length", WIDTH);
    key("feed_forward_length", FEED_FORWARD);
    key("attention.head_count", HEADS);
    key("attention.layer_norm_rms_epsilon", EPSILON);
    key("attention.layer_norm_epsilon", EPSILON);
    matrix("token_embd.weight", WIDTH, VOCABULARY);
  }

  /** A decoder whose first of two layers sees {@link #WINDOW} positions. */
  static Path gemma2(Path file) {
    OracleModels m = new OracleModels("gemma2");
    m.key("attention.sliding_window", WINDOW);
    m.norm("output_norm");
    for (int i = 0; i < LAYERS; i++) {
      String layer = "blk." + i + ".";
      m.attention(layer, "attn_", "attn_output.weight");
      m.feedForward(layer, true);
      m.norm(layer + "post_attention_norm");
      m.norm(layer + "post_ffw_norm");
    }
    return m.write(file);
  }

  /** A recurrent model. */
  static Path mamba(Path file) {
    OracleModels m = new OracleModels("mamba");
    m.key("ssm.conv_kernel", KERNEL);
    m.key("ssm.inner_size", INNER);
    m.key("ssm.state_size", STATE);
    m.key("ssm.time_step_rank", STEP_RANK);
    m.norm("output_norm");
    for (int i = 0; i < LAYERS; i++) {
      String layer = "blk." + i + ".";
      m.norm(layer + "attn_norm");
      m.matrix(layer + "ssm_in.weight", WIDTH, 2 * INNER);
      m.matrix(layer + "ssm_conv1d.weight", KERNEL, INNER);
      m.vector(layer + "ssm_conv1d.bias", INNER, 0);
      m.matrix(layer + "ssm_x.weight", INNER, STEP_RANK + 2 * STATE);
      m.matrix(layer + "ssm_dt.weight", STEP_RANK, INNER);
      m.vector(layer + "ssm_dt.bias", INNER, 0);
      m.tensor(layer + "ssm_a", new Distribution(-1, 0.1f), STATE, INNER);
      m.vector(layer + "ssm_d", INNER, 1);
      m.matrix(layer + "ssm_out.weight", INNER, WIDTH);
    }
    return m.write(file);
  }

  /** An encoder without a cache, with a classifier; its file pools by the mean. */
  static Path bert(Path file) {
    OracleModels m = new OracleModels("bert");
    m.key("attention.causal", false);
    m.key("pooling_type", 1);
    m.writer.put("tokenizer.ggml.token_type_count", 2);
    m.writer.put("bert.classifier.output_labels", new String[] {"a", "b", "c"});
    m.matrix("token_types.weight", WIDTH, 2);
    m.matrix("position_embd.weight", WIDTH, CONTEXT);
    m.normWithBias("token_embd_norm");
    m.matrix("cls.weight", WIDTH, WIDTH);
    m.matrix("cls.output.weight", WIDTH, CLASSES);
    for (int i = 0; i < LAYERS; i++) {
      String layer = "blk." + i + ".";
      m.projections(layer, "attn_", "attn_output.weight");
      m.normWithBias(layer + "attn_output_norm");
      m.matrix(layer + "ffn_up.weight", WIDTH, FEED_FORWARD);
      m.matrix(layer + "ffn_down.weight", FEED_FORWARD, WIDTH);
      m.normWithBias(layer + "layer_output_norm");
    }
    return m.write(file);
  }

  /** An encoder and a decoder. */
  static Path t5(Path file) {
    OracleModels m = new OracleModels("t5");
    m.key("attention.relative_buckets_count", BUCKETS);
    m.norm("enc.output_norm");
    m.norm("dec.output_norm");
    for (int i = 0; i < LAYERS; i++) {
      for (String side : new String[] {"enc.blk.", "dec.blk."}) {
        String layer = side + i + ".";
        m.attention(layer, "attn_", "attn_o.weight");
        m.feedForward(layer, false);
        if (i == 0) {
          m.matrix(layer + "attn_rel_b.weight", HEADS, BUCKETS);
        }
      }
      m.attention("dec.blk." + i + ".", "cross_attn_", "cross_attn_o.weight");
    }
    return m.write(file);
  }

  private void attention(String layer, String prefix, String output) {
    norm(layer + prefix + "norm");
    projections(layer, prefix, output);
  }

  private void projections(String layer, String prefix, String output) {
    for (String which : new String[] {"q", "k", "v"}) {
      matrix(layer + prefix + which + ".weight", WIDTH, WIDTH);
    }
    matrix(layer + output, WIDTH, WIDTH);
  }

  private void feedForward(String layer, boolean gated) {
    norm(layer + "ffn_norm");
    if (gated) {
      matrix(layer + "ffn_gate.weight", WIDTH, FEED_FORWARD);
    }
    matrix(layer + "ffn_up.weight", WIDTH, FEED_FORWARD);
    matrix(layer + "ffn_down.weight", FEED_FORWARD, WIDTH);
  }

  private void key(String name, Object value) {
    writer.put(architecture + "." + name, value);
  }

  private void norm(String name) {
    vector(name + ".weight", WIDTH, 1);
  }

  private void normWithBias(String name) {
    norm(name);
    vector(name + ".bias", WIDTH, 0);
  }

  private void vector(String name, int length, float mean) {
    tensor(name, new Distribution(mean, 0.1f), length);
  }

  private void matrix(String name, int in, int out) {
    tensor(name, new Distribution(0, (float) (1 / Math.sqrt(in))), in, out);
  }

  private void tensor(String name, Distribution values, long... dims) {
    writer.tensor(name, GgmlType.F32, dims, weights.tensor(name, GgmlType.F32, values, dims));
  }

  private Path write(Path file) {
    writer.write(file);
    return file;
  }
}
