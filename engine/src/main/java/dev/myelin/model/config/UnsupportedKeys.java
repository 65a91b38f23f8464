package dev.myelin.model.config;

import dev.myelin.error.UnsupportedModelException;
import dev.myelin.gguf.GgufArray;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufValue;
import dev.myelin.gguf.Metadata;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Hyperparameters that change the computation, with their neutral values, which converters often
 * write. A file is rejected if such a key has another value and its architecture does not read it.
 */
final class UnsupportedKeys {
  private static final float TOLERANCE = 1e-6f;

  /**
   * The neutral values of a key, and their text for messages. Not a lambda: the first lambda of a
   * process costs milliseconds of start-up time.
   */
  private record Rule(double neutral, double alternative, String expected) {
    Rule(double neutral, String expected) {
      this(neutral, neutral, expected);
    }

    boolean allows(double value) {
      return value == neutral || value == alternative;
    }
  }

  private static final Rule OFF = new Rule(0, "0: no other value is supported");
  private static final Rule ONE = new Rule(1, 0, "1: no other value is supported");
  private static final Rule TRUE = new Rule(1, "true: no other value is supported");
  private static final Rule FALSE = new Rule(0, "false: no other value is supported");
  private static final Rule SOFTMAX = new Rule(1, 0, "1 (softmax): no other value is supported");
  private static final Rule BETA_FAST = new Rule(32, "32: no other value is supported");

  private static final Map<String, Rule> RULES = new HashMap<>();

  static {
    addRule(TRUE, "attention.causal", "expert_weights_norm");
    addRule(FALSE, "use_parallel_residual", "swin_norm", "hrm.prefix_lm", "norm_before_residual");
    addRule(SOFTMAX, "expert_gating_func");
    addRule(BETA_FAST, "rope.scaling.yarn_beta_fast");
    addRule(
        ONE,
        "logit_scale",
        "residual_scale",
        "embedding_scale",
        "attention.output_scale",
        "attention.value_scale",
        "attention.rope_pattern",
        "expert_weights_scale",
        "expert_group_count",
        "expert_group_used_count",
        "expert_group_scale",
        "moe_every_n_layers",
        "interleave_moe_layer_step",
        "full_attention_interval",
        "hyper_connection.count",
        "num_loops",
        "rope.scaling.yarn_ext_factor",
        "rope.scaling.yarn_attn_factor",
        "rope.scaling.yarn_beta_slow");
    addRule(
        OFF,
        "attention.clamp_kqv",
        "attention.max_alibi_bias",
        "attention.sliding_window",
        "attention.temperature_length",
        "attention.temperature_scale",
        "attention.q_lora_rank",
        "attention.kv_lora_rank",
        "attention.indexer.top_k",
        "attention.output_lora_rank",
        "attention.compress_ratios",
        "attention.shared_kv_layers",
        "attention.recurrent_layers",
        "attn_logit_softcapping",
        "router_logit_softcapping",
        "final_logit_softcapping",
        "attn_res.block_size",
        "activation.situ_beta",
        "activation.situ_linear_beta",
        "adapters.count",
        "decoder_block_count",
        "embedding_length_per_layer_input",
        "expert_chunk_feed_forward_length",
        "expert_latent_length",
        "expert_shared_count",
        "expert_shared_feed_forward_length",
        "experts_per_group",
        "hash_layer_count",
        "hrm.h_cycles",
        "hrm.l_cycles",
        "leading_dense_block_count",
        "moe_latent_size",
        "n_deepstack_layers",
        "nextn_predict_layers",
        "ple.layers",
        "rescale_every_n_layers",
        "rope.scaling.alpha",
        "rope.scaling.yarn_log_multiplier",
        "shortconv.l_cache",
        "ssm.conv_kernel",
        "swiglu_clamp_exp",
        "swiglu_clamp_shexp",
        "token_shift_count",
        "wkv.head_size");
  }

  private final GgufFile file;
  private final Metadata metadata;
  private final String prefix;

  private UnsupportedKeys(GgufFile file, String architecture) {
    this.file = file;
    this.metadata = file.metadata();
    this.prefix = architecture + ".";
  }

  private static void addRule(Rule rule, String... keys) {
    for (String key : keys) {
      RULES.put(key, rule);
    }
  }

  /** The unsupported keys, without the architecture prefix. */
  static Set<String> names() {
    return Collections.unmodifiableSet(RULES.keySet());
  }

  /**
   * Checks all keys of an architecture, except those that it reads.
   *
   * @param read the keys that the architecture reads, without its prefix
   * @param attentionScale the default factor of the attention scores
   * @throws UnsupportedModelException if a key would change the result; names it
   */
  static void check(GgufFile file, String architecture, Set<String> read, float attentionScale) {
    UnsupportedKeys keys = new UnsupportedKeys(file, architecture);
    keys.checkRules(read);
    if (!read.contains("attention.scale")) {
      keys.checkAttentionScale(attentionScale);
    }
  }

  private void checkRules(Set<String> read) {
    for (String key : metadata.keys()) {
      String name = key.startsWith(prefix) ? key.substring(prefix.length()) : "";
      Rule rule = RULES.get(name);
      if (rule != null && !read.contains(name) && !isNeutral(metadata.value(key), rule)) {
        throw unsupported(key, rule.expected);
      }
    }
  }

  private void checkAttentionScale(float expected) {
    String key = prefix.concat("attention.scale");
    if (metadata.has(key)) {
      float scale = metadata.f32(key);
      if (scale != 0 && !(Math.abs(scale - expected) <= expected * TOLERANCE)) {
        throw unsupported(key, expected + ", one over the root of the head size");
      }
    }
  }

  private static boolean isNeutral(GgufValue value, Rule rule) {
    if (!(value instanceof GgufArray array)) {
      return isNeutral(value.toJava(), rule);
    }
    if (array.size() > Config.MAX_LAYERS) {
      return false; // longer than one value per layer; a file may claim a billion elements
    }
    for (int i = 0; i < array.size(); i++) {
      if (!isNeutral(array.toJava(i), rule)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNeutral(Object value, Rule rule) {
    if (value instanceof Boolean flag) {
      return rule.allows(flag ? 1 : 0);
    }
    return value instanceof Number number && rule.allows(number.doubleValue());
  }

  private UnsupportedModelException unsupported(String key, String expected) {
    return error(file, key, expected);
  }

  static UnsupportedModelException error(GgufFile file, String key, String expected) {
    String value = file.metadata().value(key).describe();
    return new UnsupportedModelException(
        file.path(), "key " + key + " = " + value, "expected " + expected);
  }
}
