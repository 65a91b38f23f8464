package dev.myelin.adapter;

import static dev.myelin.testing.RandomModel.Feature.BIASES;
import static dev.myelin.testing.RandomModel.Feature.EXPERTS;
import static dev.myelin.testing.RandomModel.Feature.FUSED_QKV;
import static dev.myelin.testing.RandomModel.Feature.SCALES;
import static dev.myelin.testing.RandomModel.Feature.TIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.cache.CacheType;
import dev.myelin.gguf.GgmlType;
import dev.myelin.testing.Dequantized;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomAdapter;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomModel.TypeMix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Logits with adapters at every position against libllama with the same ones: each architecture,
 * ranks, scales, types, several at once; and that they are not those of the model alone.
 */
class OracleAdapterTest {
  private static final double F32_BOUND = 1e-8;

  /** Where activations are rounded to f16: a last bit of difference before may round otherwise. */
  private static final double F16_BOUND = 1e-5;

  /** Of what both engines round: how many times libllama's error ours may be. */
  private static final double TIMES = 1.5;

  /** In place of a bound, where activations or the cache are rounded to fewer bits. */
  private static final double ROUNDED = -1;

  /** What an adapter at a scale worth testing changes at the least. */
  private static final double CHANGE = 1e-2;

  private static final int TOKENS = 24;
  private static final int CONTEXT = 256;

  @TempDir static Path folder;
  static String written;

  private record Scaled(RandomAdapter adapter, float scale) {}

  /**
   * @param bound how far from libllama's logits, or {@link #ROUNDED}
   */
  private record Case(String name, RandomModel model, double bound, List<Scaled> adapters) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void oracle() {
    Logits.requireOracle();
  }

  static List<Case> cases() {
    Shape small = Shape.SMALL.withLayers(2);
    RandomModel llama = RandomModel.small("llama").withShape(small);
    RandomModel qwen2 = RandomModel.small("qwen2").withShape(small);
    RandomModel qwen3 = RandomModel.small("qwen3").withShape(small);
    RandomModel gpt2 = RandomModel.small("gpt2").withShape(small.withHeads(8, 8, 32));
    RandomAdapter four = RandomAdapter.ofRank(4);
    RandomAdapter sixteen = RandomAdapter.ofRank(16).withSeed(6);
    // libllama multiplies a tied output by the embedding's adapter, whose shape does not allow it
    RandomAdapter layers = four.only(name -> name.startsWith("blk."));
    RandomAdapter embedding = four.only(name -> name.startsWith("token_embd"));
    List<Case> cases = new ArrayList<>();
    for (float scale : new float[] {1, 0.5f, 0, -1, 3.25f}) {
      cases.add(f32("llama, scale " + scale, llama, new Scaled(four, scale)));
    }
    for (int rank : new int[] {1, 16, 300}) {
      cases.add(f32("llama, rank " + rank, llama, new Scaled(RandomAdapter.ofRank(rank), 1)));
    }
    for (float alpha : new float[] {0, 1, 32, -3}) {
      cases.add(f32("llama, alpha " + alpha, llama, new Scaled(four.withAlpha(alpha), 0.25f)));
    }
    RandomAdapter half = sixteen.withType(GgmlType.F16);
    RandomAdapter bf16 = sixteen.withType(GgmlType.BF16);
    cases.add(new Case("llama, adapter of f16", llama, F16_BOUND, List.of(new Scaled(half, 1))));
    cases.add(quantised("llama, adapter of bf16", llama, new Scaled(bf16, 1)));
    RandomAdapter q8 = RandomAdapter.ofRank(32).withType(GgmlType.Q8_0);
    cases.add(quantised("llama, adapter of q8_0", llama, new Scaled(q8, 1)));
    cases.add(f32("llama, two", llama, new Scaled(four, 0.5f), new Scaled(sixteen, -0.75f)));
    cases.add(
        f32("llama, two, one of them off", llama, new Scaled(four, 0), new Scaled(sixteen, 1)));
    cases.add(f32("llama, the embedding alone", llama, new Scaled(embedding, 1)));
    cases.add(f32("llama, tied", llama.with(TIED), new Scaled(layers, 1)));
    cases.add(
        f32(
            "llama, all heads their own keys",
            llama.withShape(small.withHeads(8, 8, 32)),
            new Scaled(four, 1)));
    cases.add(f32("llama, biases and scales", llama.with(BIASES, SCALES), new Scaled(four, 1)));
    cases.add(f32("llama, fused qkv", llama.with(FUSED_QKV, BIASES, SCALES), new Scaled(four, 1)));
    cases.add(f32("llama, experts", llama.with(EXPERTS), new Scaled(four, 1)));
    cases.add(
        new Case(
            "llama, experts with scales, two, one of f16",
            llama.with(EXPERTS, SCALES),
            F16_BOUND,
            List.of(new Scaled(four, 1), new Scaled(half, 0.5f))));
    cases.add(
        f32("qwen2", qwen2.with(BIASES, SCALES), new Scaled(four, 1), new Scaled(sixteen, 0.5f)));
    cases.add(f32("qwen2, tied", qwen2.with(TIED, BIASES), new Scaled(layers, 1)));
    cases.add(f32("qwen3", qwen3, new Scaled(sixteen, 1)));
    cases.add(f32("qwen3 with scales", qwen3.with(SCALES), new Scaled(four, 1)));
    cases.add(f32("gpt2", gpt2, new Scaled(four, 1)));
    cases.add(f32("gpt2, tied, scales", gpt2.with(TIED, SCALES), new Scaled(layers, -0.5f)));
    TypeMix q4k = TypeMix.mixed(GgmlType.Q4_K, GgmlType.Q6_K);
    cases.add(quantised("llama q4_0", llama.withType(GgmlType.Q4_0), new Scaled(half, 1)));
    cases.add(quantised("llama q4_K", llama.withTypes(q4k), new Scaled(four, 1)));
    cases.add(quantised("qwen2 q8_0", qwen2.withType(GgmlType.Q8_0), new Scaled(half, -1)));
    cases.add(quantised("qwen3 q4_K", qwen3.withTypes(q4k), new Scaled(half, 0.5f)));
    cases.add(quantised("gpt2 q8_0", gpt2.withType(GgmlType.Q8_0), new Scaled(four, 1)));
    cases.add(
        quantised(
            "llama, experts, q4_0",
            llama.with(EXPERTS).withType(GgmlType.Q4_0),
            new Scaled(four.only(name -> !name.contains("gate_inp")), 0.5f)));
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void asLibllama(Case c) {
    // cases next to each other often share their model
    if (!c.model.toString().equals(written)) {
      written = c.model.toString();
      c.model.write(folder.resolve("model.gguf"));
    }
    Path file = folder.resolve("model.gguf");
    int[] tokens = Logits.randomTokens(TOKENS, c.model.shape().vocabulary(), 17);
    CacheType cache = c.bound == ROUNDED ? CacheType.F16 : CacheType.F32;
    Logits.Run plain = new Logits.Run(file, tokens, CONTEXT, cache, 1);
    List<Adapter> adapters = new ArrayList<>();
    for (Scaled scaled : c.adapters) {
      Path path = folder.resolve("adapter-" + adapters.size() + ".gguf");
      adapters.add(new Adapter(scaled.adapter.write(path, file), scaled.scale));
    }
    Logits.Run run = plain.withAdapters(adapters.toArray(Adapter[]::new));
    StringBuilder report = new StringBuilder("oracle: " + c);
    // with f32 libllama's flash attention is some 1e-6 away from its own without: no close oracle
    List<FlashAttention> attentions =
        cache == CacheType.F32
            ? List.of(FlashAttention.OFF)
            : List.of(FlashAttention.OFF, FlashAttention.ON);
    List<Logits> oracles =
        attentions.stream().map(attention -> Logits.oracle(run, attention, TOKENS)).toList();
    double bound = c.bound;
    if (bound == ROUNDED) {
      // the difference of both has the size of both errors: each is measured by itself
      Logits exact = Logits.oracle(dequantized(run), FlashAttention.OFF, TOKENS);
      double theirs = oracles.stream().mapToDouble(o -> o.nmse(exact)).max().orElseThrow();
      report.append(" libllama %.1e:".formatted(theirs));
      bound = TIMES * theirs + F16_BOUND;
      oracles = List.of(exact);
    }
    for (Logits oracle : oracles) {
      for (int chunk : new int[] {TOKENS, 3, 1}) {
        double nmse = Logits.ours(run, chunk).nmse(oracle);
        report.append(" %.1e".formatted(nmse));
        assertThat(nmse).as("%s, %d at a time", c, chunk).isLessThanOrEqualTo(bound);
      }
    }
    Logits without = Logits.ours(plain, TOKENS);
    Logits with = Logits.ours(run, TOKENS);
    if (c.adapters.stream().allMatch(scaled -> scaled.scale == 0)) {
      assertThat(with.rows()).isDeepEqualTo(without.rows());
    } else {
      double change = with.nmse(without);
      report.append("; changes %.1e".formatted(change));
      assertThat(change).isGreaterThan(CHANGE);
    }
    System.out.println(report);
  }

  /** The same with all that the model and its adapters hold as f32, and an f32 cache. */
  private static Logits.Run dequantized(Logits.Run run) {
    Path model = Dequantized.write(run.file(), folder.resolve("f32.gguf"));
    List<Adapter> adapters = new ArrayList<>();
    for (Adapter adapter : run.adapters()) {
      Path file = folder.resolve("f32-adapter-" + adapters.size() + ".gguf");
      adapters.add(new Adapter(Dequantized.write(adapter.file(), file), adapter.scale()));
    }
    return new Logits.Run(
        model, adapters, run.tokens(), run.contextLength(), CacheType.F32, run.threads());
  }

  private static Case f32(String name, RandomModel model, Scaled... adapters) {
    return new Case(name, model, F32_BOUND, List.of(adapters));
  }

  private static Case quantised(String name, RandomModel model, Scaled... adapters) {
    return new Case(name, model, ROUNDED, List.of(adapters));
  }
}
