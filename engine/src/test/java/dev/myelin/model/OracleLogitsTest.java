package dev.myelin.model;

import static dev.myelin.testing.RandomModel.Feature.BIASES;
import static dev.myelin.testing.RandomModel.Feature.EXPERTS;
import static dev.myelin.testing.RandomModel.Feature.FUSED_QKV;
import static dev.myelin.testing.RandomModel.Feature.ROPE_BASE;
import static dev.myelin.testing.RandomModel.Feature.ROPE_FREQS;
import static dev.myelin.testing.RandomModel.Feature.ROPE_LINEAR;
import static dev.myelin.testing.RandomModel.Feature.ROPE_LONG;
import static dev.myelin.testing.RandomModel.Feature.ROPE_YARN;
import static dev.myelin.testing.RandomModel.Feature.SCALES;
import static dev.myelin.testing.RandomModel.Feature.TIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.generate.Session;
import dev.myelin.gguf.GgmlType;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Dequantized;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomModel.TypeMix;
import dev.myelin.testing.RandomVocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the logits of every position with libllama's: each architecture, f32 and quantised, each
 * cache type; prompts fed whole, 3 tokens or 1 token at a time, and after a truncation. With f32
 * the logits are compared directly. With quantised weights or caches each engine rounds
 * differently: the error of each is measured against libllama's logits with the same weights and
 * cache in f32, and Myelin's error is bounded by libllama's.
 */
class OracleLogitsTest {
  private static final double F32_BOUND = 1e-6;

  /** Maximum ratio of Myelin's error to libllama's if both round. */
  private static final double MAX_ERROR_RATIO = 1.5;

  /** Maximum error of an f16 cache: ggml's attention of a few tokens sums values in f16. */
  private static final double F16_BOUND = 1e-5;

  /** More than the 256 cells of the first graph, so that a second graph is built. */
  private static final int TOKENS = 270;

  private static final int CONTEXT = 512;

  /** Types that are not used for matrices: intermediate formats and integers. */
  private static final EnumSet<GgmlType> NOT_IN_FILES =
      EnumSet.of(
          GgmlType.Q8_1,
          GgmlType.Q8_K,
          GgmlType.I8,
          GgmlType.I16,
          GgmlType.I32,
          GgmlType.I64,
          GgmlType.F64);

  @TempDir static Path folder;

  /** A model, its cache type and context length. */
  private record Case(String name, RandomModel model, CacheType cache, int contextLength) {
    @Override
    public String toString() {
      return name + ", cache " + cache;
    }
  }

  @BeforeAll
  static void requireOracle() {
    Logits.requireOracle();
  }

  static List<Case> f32() {
    RandomModel llama = RandomModel.small("llama");
    RandomModel qwen2 = RandomModel.small("qwen2");
    RandomModel qwen3 = RandomModel.small("qwen3");
    RandomModel gpt2 = RandomModel.small("gpt2");
    Shape wide = Shape.SMALL.withHeads(6, 3, 64);
    List<Case> cases = new ArrayList<>();
    cases.add(f32("llama", llama));
    cases.add(f32("llama, another seed", llama.withSeed(2)));
    cases.add(f32("llama 3", tiedLlama3(llama)));
    cases.add(f32("llama with biases", llama.with(BIASES)));
    cases.add(f32("llama with biases and scales", llama.with(BIASES, SCALES)));
    cases.add(f32("llama, fused qkv", llama.with(FUSED_QKV, BIASES, SCALES)));
    cases.add(f32("llama, linear rope", llama.with(ROPE_LINEAR)));
    cases.add(f32("llama, yarn", llama.with(ROPE_YARN)));
    cases.add(f32("llama, heads wider than the model", llama.withShape(wide)));
    cases.add(f32("llama, one key head", llama.withShape(Shape.SMALL.withHeads(8, 1, 32))));
    cases.add(f32("llama, experts", llama.with(EXPERTS)));
    cases.add(f32("llama, experts with scales", llama.with(EXPERTS, SCALES, TIED)));
    RandomModel longrope = llama.with(ROPE_LONG);
    int original = RandomModel.ORIGINAL_CONTEXT;
    cases.add(new Case("llama, short longrope", longrope, CacheType.F32, original));
    cases.add(new Case("llama, long longrope", longrope, CacheType.F32, CONTEXT));
    cases.add(f32("qwen2", qwen2));
    cases.add(f32("qwen2 with everything", qwen2.with(BIASES, SCALES, ROPE_BASE)));
    cases.add(f32("qwen2, tied, fused", qwen2.with(TIED, FUSED_QKV)));
    cases.add(f32("qwen2, yarn", qwen2.with(ROPE_YARN)));
    cases.add(f32("qwen3", qwen3));
    cases.add(f32("qwen3, wide heads, scales", qwen3.withShape(wide).with(SCALES, TIED)));
    cases.add(f32("qwen3, yarn", qwen3.with(ROPE_YARN, ROPE_BASE)));
    cases.add(f32("gpt2", gpt2));
    cases.add(f32("gpt2, tied, scales", gpt2.with(TIED, SCALES)));
    return cases;
  }

  static List<Case> quantised() {
    RandomModel llama = RandomModel.small("llama");
    RandomModel qwen2 = RandomModel.small("qwen2");
    RandomModel qwen3 = RandomModel.small("qwen3");
    RandomModel gpt2 = RandomModel.small("gpt2");
    RandomModel experts =
        llama.with(EXPERTS, SCALES).withType(GgmlType.Q4_0).withShape(Shape.SMALL.withLayers(2));
    TypeMix q4k = TypeMix.mixed(GgmlType.Q4_K, GgmlType.Q6_K);
    List<Case> cases = new ArrayList<>();
    for (CacheType cache : List.of(CacheType.F16, CacheType.Q8_0)) {
      cases.add(quantised("llama f32", llama, cache));
      cases.add(quantised("llama 3 q4_0", tiedLlama3(llama).withType(GgmlType.Q4_0), cache));
      cases.add(quantised("llama q4_K and q6_K", llama.withTypes(q4k), cache));
      cases.add(quantised("llama, experts, q4_0", experts, cache));
      cases.add(quantised("qwen2 q8_0", qwen2.with(BIASES).withType(GgmlType.Q8_0), cache));
      cases.add(quantised("qwen3 q4_K and q6_K", qwen3.withTypes(q4k), cache));
      cases.add(quantised("gpt2 q8_0", gpt2.withType(GgmlType.Q8_0), cache));
    }
    cases.add(quantised("qwen2 q4_0", qwen2.with(TIED).withType(GgmlType.Q4_0), CacheType.F16));
    cases.add(quantised("qwen3 q8_0", qwen3.withType(GgmlType.Q8_0), CacheType.F16));
    cases.add(quantised("gpt2 q4_0", gpt2.with(SCALES).withType(GgmlType.Q4_0), CacheType.F16));
    RandomModel oneLayer = llama.withShape(Shape.SMALL.withLayers(1));
    for (GgmlType type : EnumSet.complementOf(NOT_IN_FILES)) {
      cases.add(quantised("llama " + type.ggmlName(), oneLayer.withType(type), CacheType.F16));
    }
    RandomModel nvfp4 = llama.with(SCALES).withType(GgmlType.NVFP4);
    cases.add(quantised("llama nvfp4 with scales", nvfp4, CacheType.F16));
    return cases;
  }

  @ParameterizedTest
  @MethodSource("f32")
  void f32MatchesLibllamaLogits(Case c) {
    Logits.Run run = run(c);
    StringBuilder report = new StringBuilder("oracle: " + c);
    List<Logits> oracles = oracles(run, FlashAttention.OFF, FlashAttention.ON);
    ours(run)
        .forEach(
            (how, ours) -> {
              report.append("; ").append(how);
              for (Logits oracle : oracles) {
                double nmse = ours.nmse(oracle);
                report.append(" %.1e".formatted(nmse));
                assertThat(nmse).as("%s, %s", c, how).isLessThanOrEqualTo(F32_BOUND);
              }
            });
    System.out.println(report);
  }

  @ParameterizedTest
  @MethodSource("quantised")
  void quantisedErrorIsComparableToLibllamas(Case c) {
    Logits.Run run = run(c);
    Path f32 = Dequantized.write(run.file(), folder.resolve("f32.gguf"));
    Logits.Run f32Run =
        new Logits.Run(f32, run.tokens(), c.contextLength, CacheType.F32, run.threads());
    Logits exact = Logits.libllama(f32Run, FlashAttention.OFF, run.tokens().length);
    // libllama quantises values only with flash attention
    List<Logits> oracles =
        c.cache == CacheType.Q8_0
            ? oracles(run, FlashAttention.ON)
            : oracles(run, FlashAttention.OFF, FlashAttention.ON);
    double libllamaError = oracles.stream().mapToDouble(o -> o.nmse(exact)).max().orElseThrow();
    StringBuilder report =
        new StringBuilder("oracle: %s: libllama %.1e".formatted(c, libllamaError));
    assertThat(libllamaError).as("libllama, %s", c).isLessThan(1e-2);
    ours(run)
        .forEach(
            (how, ours) -> {
              double nmse = ours.nmse(exact);
              report.append("; %s %.1e".formatted(how, nmse));
              assertThat(nmse)
                  .as("%s, %s", c, how)
                  .isLessThanOrEqualTo(MAX_ERROR_RATIO * libllamaError + F16_BOUND);
            });
    System.out.println(report);
  }

  private static Logits.Run run(Case c) {
    Path file = c.model.write(folder.resolve("model.gguf"));
    int vocabulary = c.model.shape().vocabulary();
    int[] tokens = Logits.randomTokens(Math.min(TOKENS, c.contextLength), vocabulary, 17);
    return new Logits.Run(file, tokens, c.contextLength, c.cache, 1);
  }

  private static List<Logits> oracles(Logits.Run run, FlashAttention... attentions) {
    return Arrays.stream(attentions)
        .map(attention -> Logits.libllama(run, attention, run.tokens().length))
        .toList();
  }

  /** Myelin's logits by the way the tokens are fed. */
  private static Map<String, Logits> ours(Logits.Run run) {
    Map<String, Logits> all = new LinkedHashMap<>();
    all.put("whole", Logits.myelin(run, run.tokens().length));
    all.put("in threes", Logits.myelin(run, 3));
    all.put("one by one", Logits.myelin(run, 1));
    all.put("truncated", truncated(run));
    return all;
  }

  /** Feeds the first half and further tokens, truncates to the half, and feeds the rest. */
  private static Logits truncated(Logits.Run run) {
    int half = run.tokens().length / 2;
    int[] head = Arrays.copyOf(run.tokens(), half);
    int[] tail = Arrays.copyOfRange(run.tokens(), half, run.tokens().length);
    try (Model model = Model.load(run.file());
        Session session = Session.open(model, run.options())) {
      Logits first = Logits.myelin(session, head, half);
      session.feed(Arrays.copyOf(head, Math.min(half, 40)));
      session.truncate(half);
      Logits second = Logits.myelin(session, tail, tail.length);
      List<float[]> rows = new ArrayList<>(Arrays.asList(first.rows()));
      rows.addAll(Arrays.asList(second.rows()));
      return new Logits(rows.toArray(float[][]::new));
    }
  }

  private static RandomModel tiedLlama3(RandomModel llama) {
    return llama.withVocabulary(RandomVocabulary.Kind.LLAMA_BPE).with(TIED, ROPE_FREQS, ROPE_BASE);
  }

  private static Case f32(String name, RandomModel model) {
    return new Case(name, model, CacheType.F32, CONTEXT);
  }

  private static Case quantised(String name, RandomModel model, CacheType cache) {
    return new Case(name, model, cache, CONTEXT);
  }
}
