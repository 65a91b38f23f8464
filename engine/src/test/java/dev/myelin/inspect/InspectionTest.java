package dev.myelin.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;

import dev.myelin.gguf.GgmlType;
import dev.myelin.gguf.GgufFile;
import dev.myelin.gguf.GgufWriter;
import dev.myelin.state.CacheType;
import dev.myelin.testing.SharedData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Inspects files whose numbers were computed by hand. */
class InspectionTest {
  private static final long EMBEDDING = 128 * 96;
  private static final long ATTENTION = 2 * (128 * 128 + 128 * 64 + 128 * 64 + 128 * 128);
  private static final long FEED_FORWARD = 2 * 3 * 128 * 256;
  private static final long NORMS = 5 * 128;

  @TempDir Path folder;

  private static Inspection inspect(GgufWriter writer) {
    try (GgufFile file = TestCheckpoints.open(writer)) {
      return Inspection.of(file);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "some-unheard-of-architecture"})
  void countsDenseModelWithTiedOutput(String architecture) {
    Inspection i = inspect(TestCheckpoints.dense(architecture));
    long total = EMBEDDING + ATTENTION + FEED_FORWARD + NORMS;
    assertThat(i.total().parameters()).isEqualTo(total);
    assertThat(i.total().tensors()).isEqualTo(2 + 2 * 9);
    assertThat(i.components())
        .containsExactly(
            new Group<>(Component.EMBEDDING, 1, EMBEDDING, EMBEDDING / 32 * 34),
            new Group<>(Component.ATTENTION, 8, ATTENTION, ATTENTION / 32 * 18),
            new Group<>(Component.FEED_FORWARD, 6, FEED_FORWARD, FEED_FORWARD / 32 * 18),
            new Group<>(Component.NORMS, 5, NORMS, NORMS * 4));
    assertThat(i.types())
        .extracting(Group::key)
        .containsExactly(GgmlType.Q4_0, GgmlType.Q8_0, GgmlType.F32);
    assertThat(i.types().getFirst().bitsPerWeight()).isEqualTo(4.5);
    long bytes = (ATTENTION + FEED_FORWARD) / 32 * 18 + EMBEDDING / 32 * 34 + NORMS * 4;
    assertThat(i.total().bytes()).isEqualTo(bytes);
    assertThat(i.total().bitsPerWeight()).isEqualTo(8.0 * bytes / total);

    long matmul = ATTENTION + FEED_FORWARD + EMBEDDING;
    assertThat(i.tokenCost())
        .isEqualTo(
            new TokenCost(matmul + NORMS, 128, EMBEDDING, 2 * matmul, bytes + 128 / 32 * 34));
    assertThat(i.shape().architecture()).contains(architecture);
    assertThat(i.shape().heads().queryHeadsPerKvHead()).hasValue(2);
    assertThat(i.shape().heads().size()).hasValue(32);
    assertThat(i.shape().contextLength()).hasValue(64);
    assertThat(i.tokenizer()).isEmpty();
  }

  @Test
  void blocksThatPredictFurtherTokensHaveNoCache() {
    GgufWriter writer = TestCheckpoints.dense("llama");
    writer.put("llama.nextn_predict_layers", 1);
    CacheCost cache = inspect(writer).cache().orElseThrow();
    assertThat(cache.layers()).isEqualTo(1);
    assertThat(cache.values()).isEqualTo(2 * 2 * 32);
  }

  @Test
  void computesCacheSizePerPosition() {
    CacheCost cache = inspect(TestCheckpoints.dense("llama")).cache().orElseThrow();
    long values = 2 * 2 * 2 * 32; // layers, keys and values, KV heads, head size
    assertThat(cache.layers()).isEqualTo(2);
    assertThat(cache.values()).isEqualTo(values);
    assertThat(cache.bytes())
        .contains(
            entry(CacheType.F32, values * 4),
            entry(CacheType.F16, values * 2),
            entry(CacheType.Q8_0, values / 32 * 34),
            entry(CacheType.IQ4_NL, values / 32 * 18));
    // 4 queries times a key, and 4 weights times a value: 2 operations each
    assertThat(cache.flops()).isEqualTo(2 * (4 * 32 * 2 + 4 * 32 * 2));
    assertThat(cache.slidingWindow()).isEmpty();
  }

  @Test
  void countsOnlyUsedExpertsAsActive() {
    Inspection i = inspect(TestCheckpoints.experts());
    long experts = 8 * FEED_FORWARD;
    long router = 2 * 128 * 8;
    assertThat(i.shape().experts()).isEqualTo(new ModelShape.Experts(8, 2, 0));
    assertThat(i.components())
        .extracting(Group::key, Group::parameters)
        .containsExactly(
            tuple(Component.EMBEDDING, EMBEDDING),
            tuple(Component.ATTENTION, ATTENTION),
            tuple(Component.EXPERTS, experts),
            tuple(Component.ROUTER, router),
            tuple(Component.NORMS, NORMS),
            tuple(Component.OUTPUT, EMBEDDING));
    long matmul = ATTENTION + 2 * FEED_FORWARD + router + EMBEDDING;
    long bytes = (ATTENTION + 2 * FEED_FORWARD) / 32 * 18 + (router + NORMS) * 4;
    bytes += EMBEDDING / 32 * 34 + 128 * 2;
    assertThat(i.tokenCost()).isEqualTo(new TokenCost(matmul + NORMS, 128, 0, 2 * matmul, bytes));
  }

  @Test
  void splitCheckpointEqualsWholeCheckpoint() {
    List<Path> parts = TestCheckpoints.dense("llama").writeSplit(folder.resolve("m"), 3);
    Path whole = folder.resolve("whole.gguf");
    TestCheckpoints.dense("llama").write(whole);
    Inspection split = Inspection.of(parts.get(1));
    Inspection one = Inspection.of(whole);
    assertThat(split.files()).isEqualTo(3);
    assertThat(split.components()).isEqualTo(one.components());
    assertThat(split.types()).isEqualTo(one.types());
    assertThat(split.tokenCost()).isEqualTo(one.tokenCost());
    assertThat(split.cache()).isEqualTo(one.cache());
    assertThat(split.fileBytes())
        .isEqualTo(parts.stream().map(Path::toFile).mapToLong(java.io.File::length).sum());
  }

  @Test
  void readsHeadsPerLayer() {
    GgufWriter w =
        new GgufWriter()
            .put("general.architecture", "x")
            .put("x.block_count", 3)
            .put("x.embedding_length", 128)
            .put("x.attention.head_count", new int[] {4, 4, 2})
            .put("x.attention.head_count_kv", new int[] {0, 2, 1})
            .put("x.attention.sliding_window", 16);
    TestCheckpoints.tensor(w, "blk.0.ssm_in.weight", GgmlType.F32, 128, 8);
    TestCheckpoints.tensor(w, "blk.1.attn_qkv.weight", GgmlType.F32, 128, 256);
    TestCheckpoints.tensor(w, "blk.2.attn_qkv.weight", GgmlType.F32, 128, 128);
    CacheCost cache = inspect(w).cache().orElseThrow();
    assertThat(cache.layers()).isEqualTo(2);
    assertThat(cache.values()).isEqualTo(2 * 2 * 32 + 2 * 32);
    assertThat(cache.slidingWindow()).hasValue(16);
  }

  @Test
  void omitsCacheTypesThatDoNotDivideHeads() {
    GgufWriter w = TestCheckpoints.dense("llama").put("llama.attention.key_length", 16);
    assertThat(inspect(w).cache().orElseThrow().bytes())
        .containsOnlyKeys(CacheType.F32, CacheType.F16, CacheType.BF16);
  }

  @Test
  void countsLatentAttentionAsOneVector() {
    GgufWriter w =
        TestCheckpoints.keys("deepseek2")
            .put("deepseek2.attention.key_length", 96)
            .put("deepseek2.attention.value_length", 64)
            .put("deepseek2.attention.key_length_mla", 48);
    for (int i = 0; i < 2; i++) {
      TestCheckpoints.tensor(w, "blk." + i + ".attn_kv_a_mqa.weight", GgmlType.F32, 128, 96);
    }
    assertThat(inspect(w).cache().orElseThrow().values()).isEqualTo(2 * 96);
  }

  @Test
  void encoderHasNoTiedOutput() {
    GgufWriter w = TestCheckpoints.dense("bert").put("bert.attention.causal", false);
    TokenCost activity = inspect(w).tokenCost();
    assertThat(activity.tied()).isZero();
    assertThat(activity.active()).isEqualTo(ATTENTION + FEED_FORWARD + NORMS);
  }

  @Test
  void readsFileWithOnlyATokenizer() {
    GgufWriter w =
        new GgufWriter()
            .put("general.architecture", "llama")
            .put("tokenizer.ggml.model", "gpt2")
            .put("tokenizer.ggml.pre", "qwen2")
            .put("tokenizer.ggml.tokens", new String[] {"a", "b", "c"})
            .put("tokenizer.ggml.merges", new String[] {"a b"})
            .put("tokenizer.chat_template", "{{ messages }}");
    Inspection i = inspect(w);
    assertThat(i.total().parameters()).isZero();
    assertThat(i.total().bitsPerWeight()).isZero();
    assertThat(i.components()).isEmpty();
    assertThat(i.cache()).isEmpty();
    assertThat(i.tokenCost()).isEqualTo(new TokenCost(0, 0, 0, 0, 0));
    assertThat(i.tokenizer())
        .contains(new TokenizerSummary("gpt2", Optional.of("qwen2"), 3, 1, true));
  }

  @Test
  void treatsInvalidMetadataAsMissing() {
    GgufWriter w =
        new GgufWriter()
            .put("general.architecture", 7)
            .put(".block_count", "two")
            .put(".embedding_length", Integer.MAX_VALUE)
            .put(".attention.head_count", new String[] {"a"})
            .put(".context_length", -1L >>> 1)
            .put(".expert_count", 1.5f);
    Inspection i = inspect(w);
    assertThat(i.shape().architecture()).isEmpty();
    assertThat(i.shape().layers()).isEmpty();
    assertThat(i.shape().width()).isEmpty();
    assertThat(i.shape().heads().query()).isEmpty();
    assertThat(i.shape().contextLength()).isEmpty();
    assertThat(i.shape().experts().count()).isZero();
    assertThat(i.metadata()).hasSize(6);
  }

  @Test
  void truncatesMetadata() {
    int[] numbers = IntStream.range(0, 1000).toArray();
    GgufWriter w =
        new GgufWriter()
            .put("array", numbers)
            .put("short", new String[] {"x"})
            .put("text", "t".repeat(100_000))
            .put("number", 5);
    List<MetadataEntry> entries = inspect(w).metadata();
    assertThat(entries.get(0))
        .isEqualTo(
            new MetadataEntry("array", "i32", 1000, List.of(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L)));
    assertThat(entries.get(1)).isEqualTo(new MetadataEntry("short", "str", 1, List.of("x")));
    assertThat((String) entries.get(2).values().getFirst()).hasSizeLessThan(100);
    assertThat(entries.get(3)).isEqualTo(new MetadataEntry("number", "u32", -1, List.of(5L)));
  }

  @ParameterizedTest
  @CsvSource({
    "token_embd.weight, EMBEDDING",
    "per_layer_token_embd.weight, EMBEDDING",
    "token_embd_norm.weight, NORMS",
    "position_embd.weight, POSITIONS",
    "rope_freqs.weight, POSITIONS",
    "blk.3.attn_rel_b.weight, POSITIONS",
    "blk.0.attn_qkv.bias, ATTENTION",
    "dec.blk.11.cross_attn_k.weight, ATTENTION",
    "v.blk.1.attn_out.weight, ATTENTION",
    "blk.10.attn_q_a_norm.weight, NORMS",
    "v.blk.1.ln1.weight, NORMS",
    "blk.0.ffn_up.weight, FEED_FORWARD",
    "blk.0.ffn_up.weight.lora_a, FEED_FORWARD",
    "blk.0.ffn_up.3.weight, EXPERTS",
    "blk.0.ffn_up_exps.bias, EXPERTS",
    "blk.0.ffn_gate_shexp.weight, EXPERTS",
    "blk.0.ffn_gate_inp.weight, ROUTER",
    "blk.0.exp_probs_b.bias, ROUTER",
    "blk.0.ssm_conv1d.weight, OTHER",
    "blk.x.attn_q.weight, OTHER",
    "blk.99999999999.attn_q.weight, OTHER",
    "output.weight, OUTPUT",
    "output_norm.weight, NORMS",
    "cls.output.weight, OUTPUT",
    "blk., OTHER",
    "'', OTHER"
  })
  void findsComponentByName(String name, Component component) {
    assertThat(Component.of(TensorName.of(name))).isEqualTo(component);
  }

  @ParameterizedTest
  @CsvSource({
    "blk.12.attn_q.weight, 12",
    "dec.blk.3.attn_q.weight, 3",
    "blk.0.x, 0",
    "output.weight, -1",
    "xblk.1.attn_q.weight, -1",
    "blk..attn_q, -1",
    "blk.7, -1"
  })
  void findsLayerByName(String name, int layer) {
    assertThat(TensorName.of(name).layer().orElse(-1)).isEqualTo(layer);
  }

  @Test
  void readsRealCheckpoint() throws Exception {
    Path path = SharedData.path("models/stories260K-f32.gguf");
    Inspection i = Inspection.of(path);
    // the published sizes: https://huggingface.co/karpathy/tinyllamas
    assertThat(i.shape().layers()).hasValue(5);
    assertThat(i.shape().heads().query()).hasValue(8);
    assertThat(i.shape().heads().keyValue()).hasValue(4);
    assertThat(i.fileBytes()).isEqualTo(Files.size(path));
    long sum = i.components().stream().mapToLong(Group::parameters).sum();
    assertThat(i.total().parameters()).isEqualTo(sum).isBetween(260_000L, 300_000L);
    assertThat(i.tokenizer().orElseThrow().tokens()).isEqualTo(512);
    assertThat(i.components()).extracting(Group::key).doesNotContain(Component.OTHER);
  }
}
