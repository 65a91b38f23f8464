package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.Isa;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the native attention kernels with ggml's, each as a node of a graph. */
class AttentionTest {
  /** Bound of the NMSE: ggml sums values in f16 and quantises queries for a quantised cache. */
  private static final double BOUND = 1e-4;

  private record Case(
      GgmlType type, long headSize, long heads, long kvHeads, int tokens, int before) {
    long cells() {
      return Math.ceilDiv(before + tokens + 3, 64) * 64L;
    }
  }

  @BeforeAll
  static void kernels() {
    Ggml.require();
    assumeFalse(Isa.kernels().isEmpty(), "skipped: no native kernels for this machine");
  }

  static List<Case> cases() {
    return List.of(
        new Case(GgmlType.F16, 64, 8, 2, 1, 0),
        new Case(GgmlType.F16, 64, 8, 2, 1, 300),
        new Case(GgmlType.F16, 64, 8, 2, 70, 200),
        new Case(GgmlType.F16, 128, 4, 4, 33, 64),
        new Case(GgmlType.F16, 80, 5, 1, 9, 63),
        new Case(GgmlType.F16, 8, 3, 3, 20, 0),
        new Case(GgmlType.Q8_0, 64, 8, 2, 70, 200),
        new Case(GgmlType.Q8_0, 128, 8, 4, 1, 127),
        new Case(GgmlType.F32, 64, 8, 2, 70, 200),
        new Case(GgmlType.F32, 20, 3, 3, 5, 100),
        new Case(GgmlType.BF16, 64, 2, 1, 3, 70),
        new Case(GgmlType.F16, 320, 4, 1, 9, 100),
        new Case(GgmlType.Q4_0, 64, 2, 1, 3, 70),
        new Case(GgmlType.Q5_1, 64, 2, 1, 3, 70));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void matchesGgml(Case c) {
    float[] expected = compute(c, false, 1);
    for (int threads = 1; threads <= 3; threads++) {
      float[] actual = compute(c, true, threads);
      assertThat(actual).hasSameSizeAs(expected);
      double error = 0;
      double power = 0;
      for (int i = 0; i < actual.length; i++) {
        error += Math.pow(actual[i] - expected[i], 2);
        power += Math.pow(expected[i], 2);
      }
      assertThat(error / power).isLessThan(BOUND);
    }
  }

  @Test
  void rejectsShapesAndTypes() {
    assertRejected(GgmlType.F16, new long[] {64, 8, 3}, new long[] {64, 64, 3}, 3);
    assertRejected(GgmlType.F16, new long[] {64, 8, 3}, new long[] {32, 64, 2}, 3);
    assertRejected(GgmlType.F16, new long[] {64, 8, 3}, new long[] {64, 64, 2}, 4);
    assertRejected(GgmlType.F32, new long[] {4128, 8, 3}, new long[] {4128, 64, 2}, 3);
    assertRejected(GgmlType.Q6_K, new long[] {256, 8, 3}, new long[] {256, 64, 2}, 3);
  }

  private static void assertRejected(GgmlType type, long[] q, long[] k, int tokens) {
    GraphBuilder g = new GraphBuilder();
    Tensor query = g.input("q", GgmlType.F32, q);
    Tensor keys = g.input("k", type, k);
    CachePages pages = CachePages.input(g, "cache", 1, tokens);
    AttentionParameters plain = AttentionParameters.of(1);
    assertThatThrownBy(() -> g.attention(query, keys, keys, pages, plain))
        .isInstanceOf(MyelinException.class)
        .hasMessageContaining("attention");
    g.discard();
  }

  private static float[] compute(Case c, boolean useNative, int threads) {
    GraphBuilder g = new GraphBuilder();
    Tensor q = g.input("q", GgmlType.F32, c.headSize, c.heads, c.tokens);
    Tensor keysF32 = g.input("k", GgmlType.F32, c.headSize, c.cells(), c.kvHeads);
    Tensor valuesF32 = g.input("v", GgmlType.F32, c.headSize, c.cells(), c.kvHeads);
    Tensor rows = g.input("rows", GgmlType.I64, c.cells());
    Tensor keys = g.input("keys", c.type, c.headSize, c.cells(), c.kvHeads);
    Tensor values = g.input("values", c.type, c.headSize, c.cells(), c.kvHeads);
    Tensor k = g.setRows(keys, keysF32, rows);
    Tensor v = g.setRows(values, valuesF32, rows);
    float scale = (float) (1 / Math.sqrt(c.headSize));
    Tensor out;
    if (useNative) {
      CachePages pages = CachePages.input(g, "cache", c.cells() / 64, c.tokens);
      out = g.attention(q, k, v, pages, AttentionParameters.of(scale));
    } else {
      Tensor mask = g.input("mask", GgmlType.F16, c.cells(), c.tokens);
      out = g.maskedAttention(g.transpose12(q), k, v, mask, scale);
    }
    g.output("out", out);
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(threads)) {
      Random random = new Random(11);
      for (String name : List.of("q", "k", "v")) {
        fill(graph.input(name), random);
      }
      for (int i = 0; i < c.cells(); i++) {
        graph.input("rows").setAtIndex(ValueLayout.JAVA_LONG, i, i);
      }
      if (useNative) {
        fillPages(graph, c);
      } else {
        fillMask(graph.input("mask"), c);
      }
      assertThat(backend.compute(graph)).isTrue();
      return graph.output("out").toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static void fillPages(Graph graph, Case c) {
    int[] ranges = new int[2 * c.tokens];
    for (int i = 0; i < c.tokens; i++) {
      ranges[2 * i + 1] = c.before + i + 1;
    }
    int[] firstCells = IntStream.range(0, (int) c.cells() / 64).map(i -> i * 64).toArray();
    CachePages.fill(graph, "cache", firstCells, firstCells.length, ranges, c.cells());
  }

  private static void fillMask(MemorySegment mask, Case c) {
    for (int token = 0; token < c.tokens; token++) {
      for (int i = 0; i < c.cells(); i++) {
        float visible = i <= c.before + token ? 0 : Float.NEGATIVE_INFINITY;
        mask.setAtIndex(
            ValueLayout.JAVA_SHORT, token * c.cells() + i, Float.floatToFloat16(visible));
      }
    }
  }

  private static void fill(MemorySegment floats, Random random) {
    for (long i = 0; i < floats.byteSize() / Float.BYTES; i++) {
      floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
  }
}
