package dev.myelin.benches;

import dev.myelin.gguf.GgmlType;
import dev.myelin.model.build.Sample;
import dev.myelin.testing.RandomModel.TypeMix;
import dev.myelin.testing.RandomSample;
import java.util.LinkedHashMap;
import java.util.Map;

/** Shapes of published models, or scaled to about 1 B parameters, by architecture. */
final class PublishedShapes {
  private static final Map<String, RandomSample> ALL = new LinkedHashMap<>();

  static {
    add("gemma3-1b", "gemma3", gemma3());
    add("gpt-oss-1b", "gpt-oss", gptOss());
    add("moe-1b-active", "llama", mixture());
    add("mamba2-1b", "mamba2", mamba2());
  }

  private PublishedShapes() {}

  static Map<String, RandomSample> all() {
    return ALL;
  }

  private static void add(String name, String architecture, Sample sample) {
    ALL.put(name, new RandomSample(architecture, sample.named(name)));
  }

  /** Gemma 3 1B. */
  private static Sample gemma3() {
    return decoder(26, 1152, 262_144)
        .with("context_length", 32_768)
        .with("feed_forward_length", 6912)
        .with("attention.head_count", 4)
        .with("attention.head_count_kv", 1)
        .with("attention.key_length", 256)
        .with("attention.value_length", 256)
        .with("attention.sliding_window", 512)
        .with("rope.freq_base", 1e6f)
        .with("rope.dimension_count", 256);
  }

  /** gpt-oss 20B with 8 of 24 layers and a width of 1024, not 2880. */
  private static Sample gptOss() {
    return decoder(8, 1024, 201_088)
        .with("context_length", 131_072)
        .with("attention.head_count", 64)
        .with("attention.head_count_kv", 8)
        .with("attention.key_length", 64)
        .with("attention.value_length", 64)
        .with("attention.sliding_window", 128)
        .with("expert_feed_forward_length", 1024)
        .with("expert_count", 32)
        .with("expert_used_count", 4)
        .with("rope.dimension_count", 64)
        .with("rope.freq_base", 150_000f)
        .with("rope.scaling.type", "yarn")
        .with("rope.scaling.factor", 32f)
        .with("rope.scaling.original_context_length", 4096)
        .withTensors("output.weight", ".attn_q.bias", ".attn_k.bias", ".attn_v.bias")
        .withValues(".attn_sinks.weight", 0, 1);
  }

  /** A mixture of 16 experts, of which 4 are used: 3.4 B parameters, 1.2 B for a token. */
  private static Sample mixture() {
    return decoder(16, 2048, 128_256)
        .with("context_length", 8192)
        .with("feed_forward_length", 2048)
        .with("attention.head_count", 32)
        .with("attention.head_count_kv", 8)
        .with("expert_count", 16)
        .with("expert_used_count", 4)
        .with("rope.dimension_count", 64);
  }

  /** Mamba-2 1.3B. */
  private static Sample mamba2() {
    return decoder(48, 2048, 50_288)
        .with("context_length", 8192)
        .with("feed_forward_length", 0)
        .with("attention.head_count", 0)
        .with("ssm.conv_kernel", 4)
        .with("ssm.inner_size", 4096)
        .with("ssm.state_size", 128)
        .with("ssm.time_step_rank", 64)
        .with("ssm.group_count", 1)
        .withValues(".ssm_a", -1, 0.3f);
  }

  private static Sample decoder(int layers, int width, int vocabulary) {
    return Sample.of("")
        .with("block_count", layers)
        .with("embedding_length", width)
        .with("vocab_size", vocabulary)
        .with("attention.layer_norm_rms_epsilon", 1e-5f);
  }

  /** Experts of one type, the other matrices of another: MXFP4 with Q8_0, or one for all. */
  static TypeMix types(GgmlType type) {
    return type == GgmlType.MXFP4
        ? tensor -> tensor.contains("_exps") ? type : GgmlType.Q8_0
        : TypeMix.all(type);
  }
}
