package dev.myelin.adapter;

import static dev.myelin.testing.RandomModel.Feature.BIASES;
import static dev.myelin.testing.RandomModel.Feature.EXPERTS;
import static dev.myelin.testing.RandomModel.Feature.FUSED_QKV;
import static dev.myelin.testing.RandomModel.Feature.SCALES;
import static dev.myelin.testing.RandomModel.Feature.TIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.bindings.peer.LlamaContext.FlashAttention;
import dev.myelin.gguf.GgmlType;
import dev.myelin.state.CacheType;
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
 * Compares the logits of every position with libllama's for the same adapters: each architecture,
 * several ranks, scales, types and numbers of adapters. Also checks that the adapters change the
 * logits.
 */
class OracleAdapterTest {
  private static final double F32_BOUND = 1e-8;

  /**
   * Bound if activations are rounded to f16: a difference in the last bit before may change the
   * rounding.
   */
  private static final double F16_BOUND = 1e-5;

  /** If both engines round: maximum ratio of Myelin's error to libllama's. */
  private static final double MAX_ERROR_RATIO = 1.5;

  /**
   * Value of {@code bound} if activations or the cache are quantised: see {@link #MAX_ERROR_RATIO}.
   */
  private static final double ROUNDED = -1;

  /** Minimum NMSE between the logits with and without the adapter. */
  private static final double MIN_CHANGE = 1e-2;

  private static final int TOKENS = 24;
  private static final int CONTEXT = 256;

  @TempDir static Path folder;
  static String written;

  private record ScaledAdapter(RandomAdapter adapter, float scale) {}

  /**
   * @param bound maximum NMSE against libllama's logits, or {@link #ROUNDED}
   */
  private record Case(String name, RandomModel model, double bound, List<ScaledAdapter> adapters) {
    @Override
    public String toString() {
      return name;
    }
  }

  @BeforeAll
  static void requireOracle() {
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
    // libllama applies the embedding's adapter to a tied output, whose shape does not allow it
    RandomAdapter layers = four.only(name -> name.startsWith("blk."));
    RandomAdapter embedding = four.only(name -> name.startsWith("token_embd"));
    List<Case> cases = new ArrayList<>();
    for (float scale : new float[] {1, 0.5f, 0, -1, 3.25f}) {
      cases.add(f32("llama, scale " + scale, llama, new ScaledAdapter(four, scale)));
    }
    for (int rank : new int[] {1, 16, 300}) {
      cases.add(
          f32("llama, rank " + rank, llama, new ScaledAdapter(RandomAdapter.ofRank(rank), 1)));
    }
    for (float alpha : new float[] {0, 1, 32, -3}) {
      cases.add(
          f32("llama, alpha " + alpha, llama, new ScaledAdapter(four.withAlpha(alpha), 0.25f)));
    }
    RandomAdapter half = sixteen.withType(GgmlType.F16);
    RandomAdapter bf16 = sixteen.withType(GgmlType.BF16);
    cases.add(
        new Case("llama, adapter of f16", llama, F16_BOUND, List.of(new ScaledAdapter(half, 1))));
    cases.add(quantised("llama, adapter of bf16", llama, new ScaledAdapter(bf16, 1)));
    RandomAdapter q8 = RandomAdapter.ofRank(32).withType(GgmlType.Q8_0);
    cases.add(quantised("llama, adapter of q8_0", llama, new ScaledAdapter(q8, 1)));
    cases.add(
        f32(
            "llama, two",
            llama,
            new ScaledAdapter(four, 0.5f),
            new ScaledAdapter(sixteen, -0.75f)));
    cases.add(
        f32(
            "llama, two, one of them off",
            llama,
            new ScaledAdapter(four, 0),
            new ScaledAdapter(sixteen, 1)));
    cases.add(f32("llama, the embedding alone", llama, new ScaledAdapter(embedding, 1)));
    cases.add(f32("llama, tied", llama.with(TIED), new ScaledAdapter(layers, 1)));
    cases.add(
        f32(
            "llama, multi-head attention",
            llama.withShape(small.withHeads(8, 8, 32)),
            new ScaledAdapter(four, 1)));
    cases.add(
        f32("llama, biases and scales", llama.with(BIASES, SCALES), new ScaledAdapter(four, 1)));
    cases.add(
        f32("llama, fused qkv", llama.with(FUSED_QKV, BIASES, SCALES), new ScaledAdapter(four, 1)));
    cases.add(f32("llama, experts", llama.with(EXPERTS), new ScaledAdapter(four, 1)));
    cases.add(
        new Case(
            "llama, experts with scales, two, one of f16",
            llama.with(EXPERTS, SCALES),
            F16_BOUND,
            List.of(new ScaledAdapter(four, 1), new ScaledAdapter(half, 0.5f))));
    cases.add(
        f32(
            "qwen2",
            qwen2.with(BIASES, SCALES),
            new ScaledAdapter(four, 1),
            new ScaledAdapter(sixteen, 0.5f)));
    cases.add(f32("qwen2, tied", qwen2.with(TIED, BIASES), new ScaledAdapter(layers, 1)));
    cases.add(f32("qwen3", qwen3, new ScaledAdapter(sixteen, 1)));
    cases.add(f32("qwen3 with scales", qwen3.with(SCALES), new ScaledAdapter(four, 1)));
    cases.add(f32("gpt2", gpt2, new ScaledAdapter(four, 1)));
    cases.add(f32("gpt2, tied, scales", gpt2.with(TIED, SCALES), new ScaledAdapter(layers, -0.5f)));
    TypeMix q4k = TypeMix.mixed(GgmlType.Q4_K, GgmlType.Q6_K);
    cases.add(quantised("llama q4_0", llama.withType(GgmlType.Q4_0), new ScaledAdapter(half, 1)));
    cases.add(quantised("llama q4_K", llama.withTypes(q4k), new ScaledAdapter(four, 1)));
    cases.add(quantised("qwen2 q8_0", qwen2.withType(GgmlType.Q8_0), new ScaledAdapter(half, -1)));
    cases.add(quantised("qwen3 q4_K", qwen3.withTypes(q4k), new ScaledAdapter(half, 0.5f)));
    cases.add(quantised("gpt2 q8_0", gpt2.withType(GgmlType.Q8_0), new ScaledAdapter(four, 1)));
    cases.add(
        quantised(
            "llama, experts, q4_0",
            llama.with(EXPERTS).withType(GgmlType.Q4_0),
            new ScaledAdapter(four.only(name -> !name.contains("gate_inp")), 0.5f)));
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void matchesLibllamaLogits(Case c) {
    // consecutive cases often share a model
    if (!c.model.toString().equals(written)) {
      written = c.model.toString();
      c.model.write(folder.resolve("model.gguf"));
    }
    Path file = folder.resolve("model.gguf");
    int[] tokens = Logits.randomTokens(TOKENS, c.model.shape().vocabulary(), 17);
    CacheType cache = c.bound == ROUNDED ? CacheType.F16 : CacheType.F32;
    Logits.Run plain = new Logits.Run(file, tokens, CONTEXT, cache, 1);
    List<Adapter> adapters = new ArrayList<>();
    for (ScaledAdapter scaled : c.adapters) {
      Path path = folder.resolve("adapter-" + adapters.size() + ".gguf");
      adapters.add(new Adapter(scaled.adapter.write(path, file), scaled.scale));
    }
    Logits.Run run = plain.withAdapters(adapters.toArray(Adapter[]::new));
    StringBuilder report = new StringBuilder("oracle: " + c);
    // with f32, libllama's flash attention differs from its plain attention by about 1e-6: too much
    List<FlashAttention> attentions =
        cache == CacheType.F32
            ? List.of(FlashAttention.OFF)
            : List.of(FlashAttention.OFF, FlashAttention.ON);
    List<Logits> oracles =
        attentions.stream().map(attention -> Logits.libllama(run, attention, TOKENS)).toList();
    double bound = c.bound;
    if (bound == ROUNDED) {
      // both engines round: measure the error of each against f32
      Logits exact = Logits.libllama(dequantized(run), FlashAttention.OFF, TOKENS);
      double libllamaError = oracles.stream().mapToDouble(o -> o.nmse(exact)).max().orElseThrow();
      report.append(" libllama %.1e:".formatted(libllamaError));
      bound = MAX_ERROR_RATIO * libllamaError + F16_BOUND;
      oracles = List.of(exact);
    }
    for (Logits oracle : oracles) {
      for (int chunk : new int[] {TOKENS, 3, 1}) {
        double nmse = Logits.myelin(run, chunk).nmse(oracle);
        report.append(" %.1e".formatted(nmse));
        assertThat(nmse).as("%s, %d at a time", c, chunk).isLessThanOrEqualTo(bound);
      }
    }
    Logits without = Logits.myelin(plain, TOKENS);
    Logits with = Logits.myelin(run, TOKENS);
    if (c.adapters.stream().allMatch(scaled -> scaled.scale == 0)) {
      assertThat(with.rows()).isDeepEqualTo(without.rows());
    } else {
      double change = with.nmse(without);
      report.append("; changes %.1e".formatted(change));
      assertThat(change).isGreaterThan(MIN_CHANGE);
    }
    System.out.println(report);
  }

  /** The same run with model, adapters and cache in f32. */
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

  private static Case f32(String name, RandomModel model, ScaledAdapter... adapters) {
    return new Case(name, model, F32_BOUND, List.of(adapters));
  }

  private static Case quantised(String name, RandomModel model, ScaledAdapter... adapters) {
    return new Case(name, model, ROUNDED, List.of(adapters));
  }
}
