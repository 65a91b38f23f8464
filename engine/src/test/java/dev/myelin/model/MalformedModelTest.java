package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.myelin.error.ModelFileException;
import dev.myelin.error.Printable;
import dev.myelin.error.UnsupportedModelException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.ChangedModel;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;
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
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Valid GGUF files that are not a valid model. Each is rejected with a one-line message that names
 * the file, the key or tensor, its value, and the expected value.
 */
class MalformedModelTest {
  private static final Shape TINY = new Shape(2, 64, 4, 2, 16, 96, 320, 128);
  private static final Map<String, MemorySegment> VALID = new HashMap<>();

  @TempDir static Path folder;

  /** A modification of a valid file, and the words that the message must contain. */
  private record Case(
      String name, String base, UnaryOperator<ChangedModel> change, List<String> expectedWords) {
    @Override
    public String toString() {
      return base + ": " + name;
    }
  }

  private static MemorySegment validModel(String base) {
    return VALID.computeIfAbsent(
        base,
        b -> {
          RandomModel model = RandomModel.small(b.replace(" experts", "")).withShape(TINY);
          if (b.equals("gpt2")) {
            model = model.withShape(TINY.withHeads(4, 4, 16));
          }
          return (b.endsWith("experts") ? model.with(Feature.EXPERTS) : model).writer().toBytes();
        });
  }

  private static final class Cases {
    private final List<Case> all = new ArrayList<>();
    private String base = "llama";

    void add(String name, UnaryOperator<ChangedModel> change, String... says) {
      all.add(new Case(name, base, change, List.of(says)));
    }

    /** Sets a key of the architecture to a value that the message must show. */
    void key(String key, Object value, String... says) {
      String full = base.split(" ")[0] + "." + key;
      List<String> all = new ArrayList<>(List.of(says));
      all.add(full);
      all.add(value.toString());
      add(key + " = " + value, m -> m.put(full, value), all.toArray(String[]::new));
    }

    void missingKey(String key, String... says) {
      add("no " + key, m -> m.drop(key), join(says, key, "missing"));
    }

    void missingTensor(String tensor) {
      add("no " + tensor, m -> m.drop(tensor), "tensor " + tensor, "missing");
    }

    void tensor(String tensor, GgmlType type, long[] dims, String... says) {
      String name = tensor + " " + type + " " + List.of(dims.length, dims[0]);
      add(name, m -> m.tensor(tensor, type, dims), join(says, "tensor " + Printable.of(tensor)));
    }

    private static String[] join(String[] some, String... more) {
      List<String> all = new ArrayList<>(List.of(some));
      all.addAll(List.of(more));
      return all.toArray(String[]::new);
    }
  }

  static List<Case> hyperparameters() {
    Cases c = new Cases();
    String known = "known are bert, deepseek2";
    c.add(
        "another architecture",
        m -> m.put("general.architecture", "mamba"),
        "general.architecture = mamba",
        known);
    c.add("no name", m -> m.put("general.architecture", ""), "general.architecture", known);
    c.add("a name in colour", m -> m.put("general.architecture", "\u001b[31mllama"), "\\u001b");
    c.add("a number", m -> m.put("general.architecture", 7), "general.architecture", "7");
    c.missingKey("general.architecture");
    for (String key :
        List.of("block_count", "embedding_length", "context_length", "feed_forward_length")) {
      c.missingKey("llama." + key);
      c.key(key, 0, "1 to");
      c.key(key, -1);
      c.key(key, 1L << 40);
      c.key(key, 2.5f);
      c.key(key, "many");
    }
    c.key("block_count", 513, "1 to 512");
    c.key("block_count", Integer.MAX_VALUE, "1 to 512");
    c.key("embedding_length", 1 << 21, "1 to");
    c.key("context_length", Integer.MAX_VALUE, "1 to");
    c.key("feed_forward_length", Integer.MAX_VALUE, "to 1048576");
    c.missingKey("llama.attention.head_count");
    c.key("attention.head_count", 0, "1 to 64");
    c.key("attention.head_count", 65, "1 to 64");
    c.key("attention.head_count", 6, "divisor of embedding_length 64");
    c.key("attention.head_count_kv", 0, "1 to 4");
    c.key("attention.head_count_kv", 3, "divisor of 4 heads");
    c.key("attention.head_count_kv", 8, "1 to 4");
    c.key("attention.key_length", 0, "1 to 64");
    c.add(
        "an odd head size",
        m -> m.put("llama.attention.key_length", 15).put("llama.attention.value_length", 15),
        "even head size",
        "15");
    c.key("attention.value_length", 8, "key length 16");
    c.missingKey("llama.attention.layer_norm_rms_epsilon");
    for (float bad : new float[] {0, -1e-5f, Float.NaN, Float.POSITIVE_INFINITY}) {
      c.key("attention.layer_norm_rms_epsilon", bad, "positive");
      c.key("rope.freq_base", bad, "positive");
      c.key("rope.scaling.attn_factor", bad, "positive");
    }
    for (float bad : new float[] {-2, Float.NaN, Float.POSITIVE_INFINITY}) {
      c.key("rope.scaling.factor", bad, "positive number, or 0 for none");
      c.key("rope.scale_linear", bad, "positive number, or 0 for none");
    }
    c.key("attention.layer_norm_rms_epsilon", "small");
    c.key("rope.scaling.type", "dynamic", "none, linear, yarn or longrope");
    c.key("rope.scaling.type", 1);
    c.key("rope.scaling.original_context_length", -5);
    c.key("rope.dimension_count", 8, "16");
    c.key("rope.dimension_count", 0, "16");
    c.key("rope.dimension_count", 17, "16");
    for (String key : List.of("feed_forward_length", "attention.head_count")) {
      String named = "llama." + key;
      c.add(key + " for one layer", m -> m.put(named, new int[] {4}), named, "each of 2 layers");
      c.add(key + " of floats", m -> m.put(named, new float[] {4, 4}), named, "each of 2 layers");
      c.add(key + " of -1", m -> m.put(named, new int[] {-1, -1}), named, "from 0 to");
      c.add(key + " of 0", m -> m.put(named, new int[] {0, 0}), named, "1 to");
    }
    for (Object size : new Object[] {0, -1, 1 << 23, "many"}) {
      c.add(
          "no vocabulary, and vocab_size = " + size,
          m -> m.put("tokenizer.ggml.model", "no_vocab").put("llama.vocab_size", size),
          "llama.vocab_size = ");
    }
    c.add(
        "no vocabulary of any size",
        m -> m.put("tokenizer.ggml.model", "none").drop("llama.vocab_size"),
        "llama.vocab_size is missing");
    c.missingKey("tokenizer.ggml.tokens");
    c.key("expert_count", 1025, "0 to 1024");
    c.key("expert_count", -1);
    c.key("expert_used_count", 2, "0 to 0");
    c.base = "llama experts";
    c.key("expert_used_count", 0, "1 to 6");
    c.key("expert_used_count", 7, "1 to 6");
    c.missingKey("llama.expert_used_count");
    c.base = "gpt2";
    c.missingKey("gpt2.attention.layer_norm_epsilon");
    c.key("attention.layer_norm_epsilon", Float.NaN, "positive");
    return c.all;
  }

  static List<Case> tensors() {
    Cases c = new Cases();
    GgmlType f32 = GgmlType.F32;
    String q = "blk.0.attn_q.weight";
    for (String tensor :
        List.of(
            "token_embd.weight",
            "output_norm.weight",
            "blk.0.attn_norm.weight",
            q,
            "blk.1.attn_v.weight",
            "blk.1.attn_output.weight",
            "blk.0.ffn_norm.weight",
            "blk.0.ffn_gate.weight",
            "blk.1.ffn_down.weight")) {
      c.missingTensor(tensor);
    }
    c.add(
        "a layer more than the file has",
        m -> m.put("llama.block_count", 3),
        "tensor blk.2.attn_norm.weight",
        "missing");
    c.add(
        "a layer less than the file has",
        m -> m.put("llama.block_count", 1),
        "tensor blk.1.",
        "not a tensor of the architecture llama");
    String foreign = "not a tensor of the architecture llama";
    c.tensor("blk.0.attn_q_norm.weight", f32, new long[] {16}, foreign);
    c.tensor("blk.0.attn_sinks.weight", f32, new long[] {4}, foreign);
    c.tensor("position_embd.weight", f32, new long[] {64, 128}, foreign);
    c.tensor("blk.0.attn_norm.bias", f32, new long[] {64}, foreign);
    c.tensor("\u001b[2J", f32, new long[] {1}, foreign);
    c.add("a misspelt name", m -> m.rename(q, "blk.0.attn_Q.weight"), "tensor " + q, "missing");
    c.tensor(q, f32, new long[] {64, 65}, "shape [64, 65]", "expected [64, 64]");
    c.tensor(q, f32, new long[] {32, 128}, "shape [32, 128]", "expected [64, 64]");
    c.tensor(q, f32, new long[] {64}, "shape [64]", "expected [64, 64]");
    c.tensor(q, f32, new long[] {64, 64, 2}, "shape [64, 64, 2]", "expected [64, 64]");
    c.tensor("blk.0.attn_k.weight", f32, new long[] {64, 64}, "expected [64, 32]");
    c.tensor("blk.1.ffn_down.weight", f32, new long[] {64, 96}, "expected [96, 64]");
    c.tensor("token_embd.weight", f32, new long[] {64, 319}, "expected [64, 320]");
    c.tensor("token_embd.weight", f32, new long[] {64, 321}, "expected [64, 320]");
    c.tensor("output.weight", f32, new long[] {64, 100}, "expected [64, 320]");
    c.tensor("output_norm.weight", f32, new long[] {63}, "expected [64]");
    c.tensor("rope_freqs.weight", f32, new long[] {16}, "expected [8]");
    c.tensor("blk.0.attn_q.bias", f32, new long[] {32}, "expected [64]");
    c.tensor("blk.0.attn_q.scale", f32, new long[] {64}, "expected [1]");
    c.tensor("output_norm.weight", GgmlType.F16, new long[] {64}, "type f16", "expected f32");
    c.tensor("blk.0.attn_q.bias", GgmlType.I32, new long[] {64}, "type i32", "expected f32");
    for (GgmlType type :
        List.of(GgmlType.I8, GgmlType.I16, GgmlType.I32, GgmlType.I64, GgmlType.F64)) {
      c.tensor(q, type, new long[] {64, 64}, "type " + type.ggmlName(), "can be multiplied");
    }
    c.tensor(q, GgmlType.Q8_1, new long[] {64, 64}, "type q8_1", "can be multiplied");
    c.base = "llama experts";
    c.missingTensor("blk.0.ffn_gate_inp.weight");
    c.missingTensor("blk.1.ffn_up_exps.weight");
    c.tensor("blk.0.ffn_up_exps.weight", f32, new long[] {64, 96, 5}, "expected [64, 96, 6]");
    c.tensor("blk.0.ffn_gate_inp.weight", f32, new long[] {64, 8}, "expected [64, 6]");
    c.add(
        "no experts by its keys",
        m -> m.drop("llama.expert_count").drop("llama.expert_used_count"),
        "tensor blk.0.ffn_gate.weight",
        "missing");
    c.base = "qwen3";
    c.missingTensor("blk.0.attn_q_norm.weight");
    c.tensor("blk.0.attn_k_norm.weight", f32, new long[] {64}, "expected [16]");
    c.base = "gpt2";
    c.missingTensor("blk.0.attn_norm.bias");
    c.missingTensor("blk.0.attn_qkv.weight");
    c.missingTensor("blk.1.attn_qkv.bias");
    c.missingTensor("blk.1.attn_output.bias");
    c.missingTensor("blk.0.ffn_up.bias");
    c.missingTensor("blk.0.ffn_down.bias");
    c.missingTensor("output_norm.bias");
    c.missingTensor("position_embd.weight");
    c.tensor("position_embd.weight", f32, new long[] {64, 127}, "expected [64, 128]");
    c.add(
        "a longer context than positions",
        m -> m.put("gpt2.context_length", 1 << 20),
        "tensor position_embd.weight",
        "expected [64, 1048576]");
    return c.all;
  }

  @ParameterizedTest
  @MethodSource({"hyperparameters", "tensors"})
  void rejectsFileWithOneLineMessage(Case c) {
    Path file = folder.resolve("bad.gguf");
    c.change.apply(new ChangedModel(validModel(c.base))).write(file);
    Throwable thrown =
        catchThrowable(
            () -> {
              try (Model model = Model.load(file)) {
                assertThat(model).as("loaded").isNull();
              }
            });
    assertThat(thrown).isInstanceOf(ModelFileException.class);
    assertThat(thrown.getMessage())
        .startsWith(file + ": ")
        .contains(c.expectedWords)
        .doesNotContain("\n", "\u001b");
    if (c.expectedWords.toString().contains("known are")) {
      assertThat(thrown).isInstanceOf(UnsupportedModelException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama experts", "qwen2", "qwen3", "gpt2"})
  void loadsUnchangedFile(String base) {
    Path file = folder.resolve("good.gguf");
    new ChangedModel(validModel(base)).write(file);
    assertThat(logits(file)).doesNotContain(Float.NaN);
  }

  @Test
  void ropeFactorZeroMeansNoScaling() {
    Path plain = folder.resolve("plain.gguf");
    Path zero = folder.resolve("zero.gguf");
    new ChangedModel(validModel("llama")).write(plain);
    for (String key : List.of("llama.rope.scaling.factor", "llama.rope.scale_linear")) {
      new ChangedModel(validModel("llama")).put(key, 0f).write(zero);
      assertThat(logits(zero)).isEqualTo(logits(plain));
      new ChangedModel(validModel("llama")).put(key, 8f).write(zero);
      assertThat(logits(zero)).isNotEqualTo(logits(plain));
    }
  }

  @Test
  void acceptsTrailingDimensionsOfOne() {
    Path file = folder.resolve("ones.gguf");
    new ChangedModel(validModel("llama"))
        .tensor("blk.0.attn_q.weight", GgmlType.F32, 64, 64, 1, 1)
        .tensor("output_norm.weight", GgmlType.F32, 64, 1)
        .write(file);
    assertThat(logits(file)).doesNotContain(Float.NaN);
  }

  private static float[] logits(Path file) {
    try (Model model = Model.load(file);
        Session session = Session.open(model, SessionOptions.defaults().withThreads(1))) {
      return Logits.copy(session.feed(1, 2, 3));
    }
  }
}
