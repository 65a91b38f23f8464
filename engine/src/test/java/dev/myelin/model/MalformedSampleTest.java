package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.myelin.error.ModelFileException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.model.build.Sample;
import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.RandomSample;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Samples of architectures with a key or tensor that contradicts the others. Each is rejected
 * before anything is computed, with a one-line message that names the key or tensor and what is
 * expected.
 */
class MalformedSampleTest {
  private static final Map<String, MemorySegment> VALID = new HashMap<>();

  @TempDir static Path folder;

  private record Case(
      String architecture,
      String sample,
      String name,
      UnaryOperator<ChangedModel> change,
      List<String> words) {
    @Override
    public String toString() {
      return architecture + ", " + sample + ": " + name;
    }

    MemorySegment valid() {
      return VALID.computeIfAbsent(
          architecture + sample,
          key -> {
            Sample found =
                ModelDescription.samples(architecture).stream()
                    .filter(s -> s.name().equals(sample))
                    .findFirst()
                    .orElseThrow();
            return new RandomSample(architecture, found).writer().toBytes();
          });
    }
  }

  private record Table(List<Case> all, String architecture, String sample) {
    void key(String key, Object value, String... words) {
      String full = architecture + "." + key;
      add(key + " = " + value, m -> m.put(full, value), full, words);
    }

    /** Sets a key that contradicts another, which the message names. */
    void contradicts(String key, Object value, String other, String... words) {
      String full = architecture + "." + key;
      add(key + " = " + value, m -> m.put(full, value), other, words);
    }

    void missing(String key, String named, String... words) {
      String full = architecture + "." + key;
      add("no " + key, m -> m.drop(full), architecture + "." + named, words);
    }

    void tensor(String tensor, long[] dims, String... words) {
      add(tensor, m -> m.tensor(tensor, GgmlType.F32, dims), "tensor " + tensor, words);
    }

    private void add(String name, UnaryOperator<ChangedModel> change, String says, String... more) {
      List<String> words = new ArrayList<>(List.of(more));
      words.add(says);
      all.add(new Case(architecture, sample, name, change, words));
    }
  }

  static List<Case> cases() {
    List<Case> all = new ArrayList<>();
    addGptOss(new Table(all, "gpt-oss", "yarn"));
    addRouting(new Table(all, "deepseek2", "sigmoid, groups, bias, yarn"));
    addLatent(new Table(all, "deepseek2", "absorbed"));
    Table expanded = new Table(all, "deepseek2", "expanded");
    expanded.key("attention.head_count_kv", 1, "4, all heads");
    expanded.key("attention.key_length", 47, "an even number");
    expanded.contradicts("attention.key_length", 16, "rope.dimension_count", "below the 16");
    expanded.missing("attention.value_length", "attention.value_length");
    expanded.tensor("blk.0.attn_kv_b.weight", new long[] {64, 255}, "[64, 256]");
    addOddHead(new Table(all, "falcon-h1", "untied, norm, groups"));
    addLlama4(new Table(all, "llama4", "scout, tied"));
    addIndexer(new Table(all, "deepseek32", "top 24"));
    return all;
  }

  private static void addGptOss(Table t) {
    t.key("attention.sliding_window", 0, "1 or more");
    t.missing("attention.sliding_window", "attention.sliding_window", "missing");
    t.key("attention.sliding_window_pattern", new boolean[] {true}, "3 numbers");
    t.key("rope.dimension_count", 16, "32");
    t.missing("expert_feed_forward_length", "expert_feed_forward_length", "missing");
    t.contradicts("expert_count", 0, "gpt-oss.expert_used_count", "0 to 0");
    t.key("expert_used_count", 7, "1 to 6");
    t.tensor("blk.0.attn_sinks.weight", new long[] {7}, "[8]");
    t.tensor("blk.1.ffn_up_exps.bias", new long[] {64, 5}, "[64, 6]");
    t.tensor("blk.1.ffn_gate_inp.bias", new long[] {5}, "[6]");
  }

  private static void addLlama4(Table t) {
    t.key("attention.sliding_window", 0, "1 or more");
    t.key("attention.sliding_window_pattern", new boolean[] {true}, "4 numbers");
    t.contradicts("expert_count", 0, "llama4.expert_used_count", "0 to 0");
    t.add(
        "dense", m -> m.drop("llama4.expert_count").drop("llama4.expert_used_count"), "1 or more");
    t.key("expert_gating_func", 1, "2 (sigmoid)");
    t.key("expert_weights_norm", true, "false");
    t.key("interleave_moe_layer_step", -1);
    t.missing("interleave_moe_layer_step", "interleave_moe_layer_step", "missing");
    t.missing("expert_feed_forward_length", "expert_feed_forward_length", "missing");
    t.contradicts("interleave_moe_layer_step", 2, "tensor blk.0.ffn_gate.weight");
    t.key("rope.dimension_count", 8, "16");
    t.key("rope.freq_base_swa", 0f, "a positive number");
    t.tensor("blk.1.ffn_up_shexp.weight", new long[] {64, 48}, "[64, 32]");
  }

  private static void addOddHead(Table t) {
    t.add(
        "heads of 33",
        m ->
            m.put("falcon-h1.attention.key_length", 33)
                .put("falcon-h1.attention.value_length", 33)
                .put("falcon-h1.rope.dimension_count", 32),
        "falcon-h1.attention.key_length",
        "an even head size");
  }

  private static void addRouting(Table t) {
    t.key("expert_group_count", 3, "a divisor of 8 experts");
    t.key("expert_group_count", 8, "0 to 7");
    t.key("expert_group_used_count", 0, "1 to 3");
    t.key("expert_group_used_count", 4, "1 to 3");
    t.missing("expert_group_used_count", "expert_group_used_count", "missing");
    t.key("expert_used_count", 5, "at most the 4 experts of 2 groups");
    t.key("expert_gating_func", 5, "0 to 4");
    t.key("expert_weights_scale", Float.NaN, "a number");
    t.key("expert_weights_norm", 1);
    t.key("expert_shared_count", 0, "1 to");
    t.key("expert_shared_count", 1 << 20, "1 to");
    t.key("expert_feed_forward_length", new int[] {32, 32}, "each of 3 layers");
    t.key("leading_dense_block_count", -1);
    t.key("rope.scaling.yarn_log_multiplier", Float.POSITIVE_INFINITY, "a number");
    t.tensor("blk.1.exp_probs_b.bias", new long[] {7}, "[8]");
    t.tensor("blk.1.ffn_down_shexp.weight", new long[] {32, 128}, "[64, 128]");
  }

  private static void addLatent(Table t) {
    t.key("attention.q_lora_rank", 0, "1 to");
    t.contradicts("attention.q_lora_rank", 95, "tensor blk.0.attn_q_a.weight", "[128, 95]");
    t.missing("attention.kv_lora_rank", "attention.kv_lora_rank", "missing");
    t.contradicts("attention.kv_lora_rank", 32, "deepseek2.attention.key_length", "48");
    t.key("attention.key_length", 79, "80, the latent vector");
    t.key("attention.value_length", 32, "64, the latent vector");
    t.key("attention.head_count_kv", 4, "1, the latent vector");
    t.key("attention.head_count", 1 << 20);
    t.contradicts("attention.key_length_mla", 16, "deepseek2.rope.dimension_count", "below the 16");
    t.missing("attention.key_length_mla", "attention.key_length_mla", "missing");
    t.key("attention.key_length_mla", 1 << 19, "heads of");
    t.key("rope.dimension_count", 15, "an even number");
    t.missing("rope.dimension_count", "rope.dimension_count", "missing");
    t.contradicts("attention.temperature_scale", 0.1f, "attention.temperature_length", "1 or more");
    t.key("attention.temperature_scale", -1f, "at least 0");
    t.key("nextn_predict_layers", 3, "0 to 2");
    t.tensor("blk.0.attn_k_b.weight", new long[] {32, 64, 3}, "[32, 64, 4]");
    t.tensor("blk.0.attn_v_b.weight", new long[] {64, 16, 4}, "[64, 32, 4]");
    t.tensor("blk.1.ffn_gate_up_exps.weight", new long[] {128, 32, 8}, "[128, 64, 8]");
  }

  private static void addIndexer(Table t) {
    t.key("attention.indexer.key_length", 48, "a power of two");
    t.key("attention.indexer.key_length", 8, "at least 16");
    t.key("attention.indexer.key_length", 1 << 20, "heads of");
    t.key("attention.indexer.head_count", 0, "1 to");
    t.key("attention.indexer.top_k", 0, "1 to");
    t.missing("attention.indexer.top_k", "attention.indexer.top_k", "missing");
    t.missing("expert_gating_func", "expert_gating_func", "missing");
    t.key("expert_gating_func", 0, "1 to 4");
    t.tensor("blk.2.indexer.proj.weight", new long[] {128, 15}, "[128, 16]");
    t.tensor("blk.2.indexer.k_norm.bias", new long[] {32}, "[64]");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isRejectedWithOneLineMessage(Case c) {
    Path file = folder.resolve("bad.gguf");
    c.change.apply(new ChangedModel(c.valid())).write(file);
    Throwable thrown =
        catchThrowable(
            () -> {
              try (Model model = Model.load(file)) {
                assertThat(model).as("loaded").isNull();
              }
            });
    assertThat(thrown).isInstanceOf(ModelFileException.class);
    assertThat(thrown.getMessage()).startsWith(file + ": ").contains(c.words).doesNotContain("\n");
  }

  /** The blocks that predict further tokens: whatever they have, it is not computed. */
  @Test
  void ignoresBlocksBehindTheLayers() {
    Case c = cases().getLast();
    Path file = folder.resolve("blocks.gguf");
    ChangedModel model =
        new ChangedModel(c.valid())
            .put("deepseek32.block_count", 4)
            .put("deepseek32.nextn_predict_layers", 1)
            .tensor("blk.3.attn_norm.weight", GgmlType.F32, 128)
            .tensor("blk.3.nextn.eh_proj.weight", GgmlType.F32, 256, 128);
    model.write(file);
    Model.load(file).close();
    model.tensor("blk.4.attn_norm.weight", GgmlType.F32, 128).write(file);
    assertThat(catchThrowable(() -> Model.load(file)))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("tensor blk.4.attn_norm.weight");
  }
}
