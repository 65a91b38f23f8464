package dev.myelin.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.myelin.generate.Session;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.Isa;
import dev.myelin.state.CacheType;
import dev.myelin.testing.Logits;
import dev.myelin.testing.RandomModel;
import dev.myelin.testing.RandomModel.Feature;
import dev.myelin.testing.RandomModel.Shape;
import dev.myelin.testing.RandomModel.TypeMix;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Logits are bit-identical for any batch size, any number of threads, and any split of the prompt
 * into calls.
 */
class BatchInvarianceTest {
  /** More than one attention block of 64 positions. */
  private static final int TOKENS = 140;

  @TempDir static Path folder;

  private record Case(String name, RandomModel model, CacheType cache) {
    @Override
    public String toString() {
      return name + ", cache " + cache;
    }
  }

  @BeforeAll
  static void kernels() {
    assumeFalse(Isa.kernels().isEmpty(), "skipped: no kernels for this machine");
  }

  static List<Case> cases() {
    RandomModel llama = RandomModel.small("llama").withShape(Shape.SMALL.withLayers(2));
    RandomModel qwen3 = RandomModel.small("qwen3").withShape(Shape.SMALL.withLayers(2));
    RandomModel gpt2 = RandomModel.small("gpt2");
    RandomModel sparse = llama.with(Feature.EXPERTS, Feature.SCALES);
    TypeMix q4k = TypeMix.mixed(GgmlType.Q4_K, GgmlType.Q6_K);
    return List.of(
        new Case("dense q4_0", llama.withType(GgmlType.Q4_0), CacheType.F16),
        new Case("dense q4_0", llama.withType(GgmlType.Q4_0), CacheType.Q8_0),
        new Case("dense q4_0", llama.withType(GgmlType.Q4_0), CacheType.F32),
        new Case("dense q4_K and q6_K", qwen3.withTypes(q4k), CacheType.F16),
        new Case("dense f16", llama.withType(GgmlType.F16), CacheType.F16),
        new Case("dense f32", llama, CacheType.F16),
        new Case("gpt2 q8_0", gpt2.withType(GgmlType.Q8_0), CacheType.F16),
        new Case("sparse q4_0", sparse.withType(GgmlType.Q4_0), CacheType.F16),
        new Case("sparse f16", sparse.withType(GgmlType.F16), CacheType.F16));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void logitsDoNotDependOnTheBatch(Case c) {
    Path file = c.model.write(folder.resolve("model.gguf"));
    int[] tokens = Logits.randomTokens(TOKENS, c.model.shape().vocabulary(), 29);
    float[][] expected = Logits.myelin(run(file, tokens, c, 1), TOKENS).rows();
    for (int threads : new int[] {2, 4}) {
      Logits.Run run = run(file, tokens, c, threads);
      assertSame(Logits.myelin(run, TOKENS).rows(), expected, threads + " threads");
    }
    for (int batch : new int[] {1, 3, 64}) {
      Logits.Run run = run(file, tokens, c, batch == 64 ? 2 : 1);
      assertSame(Logits.myelin(run, batch).rows(), expected, "by " + batch);
    }
    Random random = new Random(7);
    for (int threads = 1; threads <= 4; threads++) {
      checkRandomChunks(run(file, tokens, c, threads), random, expected);
    }
  }

  /** Feeds chunks of random lengths and compares the last logits of each. */
  private static void checkRandomChunks(Logits.Run run, Random random, float[][] expected) {
    List<Integer> cuts = new ArrayList<>();
    try (Model model = Model.load(run.file());
        Session session = Session.open(model, run.options())) {
      for (int from = 0; from < TOKENS; ) {
        int to = Math.min(TOKENS, from + 1 + random.nextInt(60));
        cuts.add(to);
        MemorySegment logits = session.feed(Arrays.copyOfRange(run.tokens(), from, to));
        assertThat(Logits.copy(logits)).as("cut at " + cuts).isEqualTo(expected[to - 1]);
        from = to;
      }
    }
  }

  private static void assertSame(float[][] actual, float[][] expected, String how) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(Arrays.equals(actual[i], expected[i]))
          .as(how + ": logits of position " + i)
          .isTrue();
    }
  }

  private static Logits.Run run(Path file, int[] tokens, Case c, int threads) {
    return new Logits.Run(file, tokens, 512, c.cache, threads);
  }
}
