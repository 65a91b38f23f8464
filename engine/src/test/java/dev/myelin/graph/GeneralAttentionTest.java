package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.AttentionParameters.RelativeBias;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Compares attention over pages, with all that models add to it, with sums in double precision. */
class GeneralAttentionTest {
  private static final int KEY = 24;
  private static final int VALUE = 20;
  private static final int HEADS = 6;
  private static final int KV_HEADS = 2;
  private static final int TOKENS = 7;
  private static final int BEFORE = 150;
  private static final int CELLS = 5 * 64;
  private static final int[] FIRST_CELLS = {192, 0, 256};
  private static final int BUCKETS = 8;
  private static final int TOP_K = 30;
  private static final float SCALE = 0.3f;
  private static final float CAP = 1.5f;

  private enum Option {
    PLAIN,
    SOFT_CAP,
    ALIBI,
    RELATIVE,
    SINKS,
    SELECTED,
    VALUES_IN_KEYS
  }

  private record Inputs(
      float[] q, float[] k, float[] v, float[] sinks, float[] bias, int[] selected) {
    static Inputs random() {
      Random random = new Random(5);
      int[] selected = random.ints(TOP_K * TOKENS, -5, BEFORE + 10).toArray();
      return new Inputs(
          floats(random, KEY * HEADS * TOKENS),
          floats(random, KEY * CELLS * KV_HEADS),
          floats(random, VALUE * CELLS * KV_HEADS),
          floats(random, HEADS),
          floats(random, HEADS * BUCKETS),
          selected);
    }

    private static float[] floats(Random random, int count) {
      float[] x = new float[count];
      for (int i = 0; i < count; i++) {
        x[i] = (float) random.nextGaussian();
      }
      return x;
    }
  }

  @BeforeAll
  static void ggml() {
    Ggml.require();
  }

  @ParameterizedTest
  @EnumSource(Option.class)
  void matchesDoublePrecision(Option option) {
    Inputs in = Inputs.random();
    double[] expected = expected(in, option);
    float[] first = null;
    for (int threads = 1; threads <= 3; threads++) {
      float[] actual = compute(in, option, threads);
      double error = 0;
      double power = 0;
      for (int i = 0; i < actual.length; i++) {
        error += Math.pow(actual[i] - expected[i], 2);
        power += Math.pow(expected[i], 2);
      }
      assertThat(actual).hasSize(expected.length);
      assertThat(error / power).isLessThan(1e-10);
      first = first == null ? actual : first;
      assertThat(actual).isEqualTo(first);
    }
  }

  /** The first token sees nothing, the others a window of 90 positions. */
  private static int begin(int token) {
    return token == 0 ? 10 : Math.max(0, BEFORE + token - 90);
  }

  private static int end(int token) {
    return token == 0 ? 10 : BEFORE + token + 1;
  }

  private static float[] compute(Inputs in, Option option, int threads) {
    GraphBuilder g = new GraphBuilder();
    Tensor q = g.input("q", GgmlType.F32, KEY, HEADS, TOKENS);
    Tensor k = g.input("k", GgmlType.F32, KEY, CELLS, KV_HEADS);
    Tensor v =
        option == Option.VALUES_IN_KEYS
            ? g.view3d(k, VALUE, CELLS, KV_HEADS, k.stride(1), k.stride(2), 0)
            : g.input("v", GgmlType.F32, VALUE, CELLS, KV_HEADS);
    CachePages pages = CachePages.input(g, "cache", FIRST_CELLS.length, TOKENS);
    g.output("out", g.attention(q, k, v, pages, parameters(g, option)));
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(threads)) {
      fill(graph, "q", in.q);
      fill(graph, "k", in.k);
      fill(graph, "v", in.v);
      fill(graph, "sinks", in.sinks);
      fill(graph, "bias", in.bias);
      int[] ranges = new int[2 * TOKENS];
      for (int t = 0; t < TOKENS; t++) {
        ranges[2 * t] = begin(t);
        ranges[2 * t + 1] = end(t);
        if (graph.hasInput("positions")) {
          graph.input("positions").setAtIndex(ValueLayout.JAVA_INT, t, BEFORE + t);
        }
      }
      if (graph.hasInput("selected")) {
        graph.input("selected").copyFrom(MemorySegment.ofArray(in.selected));
      }
      CachePages.fill(graph, "cache", FIRST_CELLS, FIRST_CELLS.length, ranges, CELLS);
      assertThat(backend.compute(graph)).isTrue();
      return graph.output("out").toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static AttentionParameters parameters(GraphBuilder g, Option option) {
    AttentionParameters plain = AttentionParameters.of(SCALE);
    return switch (option) {
      case PLAIN, VALUES_IN_KEYS -> plain;
      case SOFT_CAP -> plain.withSoftCap(CAP);
      case ALIBI ->
          plain.withSlopes(
              AttentionParameters.alibiSlopes(HEADS, 8),
              g.input("positions", GgmlType.I32, TOKENS));
      case RELATIVE ->
          plain.withRelativeBias(
              new RelativeBias(
                  g.input("bias", GgmlType.F32, HEADS, BUCKETS),
                  AttentionParameters.t5Buckets(BUCKETS, 40, false)),
              g.input("positions", GgmlType.I32, TOKENS));
      case SINKS -> plain.withSinks(g.input("sinks", GgmlType.F32, HEADS));
      case SELECTED -> plain.withSelected(g.input("selected", GgmlType.I32, TOP_K, TOKENS));
    };
  }

  private static void fill(Graph graph, String name, float[] values) {
    if (graph.hasInput(name)) {
      graph.input(name).copyFrom(MemorySegment.ofArray(values));
    }
  }

  private static double[] expected(Inputs in, Option option) {
    double[] out = new double[VALUE * HEADS * TOKENS];
    for (int t = 0; t < TOKENS; t++) {
      for (int h = 0; h < HEADS; h++) {
        attend(in, option, t, h, out, (t * HEADS + h) * VALUE);
      }
    }
    return out;
  }

  private static void attend(Inputs in, Option option, int t, int h, double[] out, int at) {
    double sum = option == Option.SINKS ? Math.exp(in.sinks[h]) : 0;
    int kv = h / (HEADS / KV_HEADS);
    for (int p = begin(t); p < end(t); p++) {
      if (option == Option.SELECTED && !isSelected(in, t, p)) {
        continue;
      }
      int cell = kv * CELLS + FIRST_CELLS[p / 64] + p % 64;
      double weight = Math.exp(score(in, option, t, h, p, cell));
      sum += weight;
      for (int i = 0; i < VALUE; i++) {
        boolean isShared = option == Option.VALUES_IN_KEYS;
        out[at + i] += weight * (isShared ? in.k[cell * KEY + i] : in.v[cell * VALUE + i]);
      }
    }
    for (int i = 0; i < VALUE; i++) {
      out[at + i] = sum == 0 ? 0 : out[at + i] / sum;
    }
  }

  private static double score(Inputs in, Option option, int t, int h, int p, int cell) {
    double s = 0;
    for (int i = 0; i < KEY; i++) {
      s += (double) in.q[(t * HEADS + h) * KEY + i] * in.k[cell * KEY + i];
    }
    s *= SCALE;
    int distance = p - BEFORE - t;
    return switch (option) {
      case SOFT_CAP -> CAP * Math.tanh(s / CAP);
      // 8 heads of 4: 2^-2, 2^-4, ..., then 2^-1, 2^-3
      case ALIBI ->
          s - Math.pow(2, h < 4 ? -2.0 * (h + 1) : -2.0 * (h - 4) - 1) * Math.abs(distance);
      case RELATIVE -> s + in.bias[bucket(-distance) * HEADS + h];
      default -> s;
    };
  }

  /** T5: 8 buckets to the past, 4 of them exact, up to a distance of 40. */
  private static int bucket(int before) {
    if (before < 4) {
      return before;
    }
    return Math.min(7, 4 + (int) (Math.log(before / 4.0) / Math.log(10) * 4));
  }

  private static boolean isSelected(Inputs in, int t, int p) {
    return Arrays.stream(in.selected, t * TOP_K, (t + 1) * TOP_K).anyMatch(s -> s == p);
  }

  @Test
  void bucketsOfBothDirections() {
    int[] buckets = AttentionParameters.t5Buckets(8, 16, true);
    assertThat(buckets).hasSize(33);
    assertThat(Arrays.copyOfRange(buckets, 12, 21)).containsExactly(2, 2, 2, 1, 0, 5, 6, 6, 6);
    assertThat(buckets[0]).isEqualTo(3);
    assertThat(buckets[32]).isEqualTo(7);
  }

  @Test
  void rejectsPagesOutsideOfTheCache() {
    assertRejected(new int[] {CELLS - 63}, new int[] {0, 1}, "cell " + (CELLS - 63));
    assertRejected(new int[] {-2}, new int[] {0, 0}, "cell -2");
    assertRejected(new int[] {0, -1}, new int[] {0, 65}, "0 to 64");
    assertRejected(new int[] {0}, new int[] {0, 129}, "0 to 128");
    assertRejected(new int[] {0}, new int[] {-1, 1}, "-1 to 0");
    assertRejected(new int[] {0}, new int[] {5, 4}, "5 to 3");
    assertRejected(new int[] {0, 64, 128}, new int[] {0, 1}, "3 pages");
    assertRejected(new int[] {0}, new int[] {0, 1, 0, 1}, "2 ranges");
  }

  private static void assertRejected(int[] firstCells, int[] ranges, String message) {
    GraphBuilder g = new GraphBuilder();
    Tensor q = g.input("q", GgmlType.F32, KEY, HEADS, 1);
    Tensor k = g.input("k", GgmlType.F32, KEY, CELLS, KV_HEADS);
    CachePages pages = CachePages.input(g, "cache", 2, 1);
    g.output("out", g.attention(q, k, k, pages, AttentionParameters.of(1)));
    try (Graph graph = g.build()) {
      assertThatThrownBy(
              () -> CachePages.fill(graph, "cache", firstCells, firstCells.length, ranges, CELLS))
          .isInstanceOf(MyelinException.class)
          .hasMessageContaining(message);
    }
  }

  @Test
  void rejectsOptionsThatDoNotFit() {
    GraphBuilder g = new GraphBuilder();
    Tensor q = g.input("q", GgmlType.F32, KEY, HEADS, TOKENS);
    Tensor k = g.input("k", GgmlType.F32, KEY, CELLS, KV_HEADS);
    Tensor positions = g.input("positions", GgmlType.I32, TOKENS);
    Tensor selected = g.input("selected", GgmlType.I32, TOP_K, TOKENS);
    Tensor bias = g.input("bias", GgmlType.F32, HEADS, BUCKETS);
    CachePages pages = CachePages.input(g, "cache", 2, TOKENS);
    AttentionParameters plain = AttentionParameters.of(1);
    AttentionParameters[] wrong = {
      plain.withSlopes(new float[HEADS], null),
      plain.withSlopes(new float[HEADS - 1], positions),
      plain.withSlopes(new float[HEADS], positions).withSelected(selected),
      plain.withSinks(bias),
      plain.withSelected(positions),
      plain.withRelativeBias(new RelativeBias(bias, new int[] {0, BUCKETS, 0}), positions),
      plain.withRelativeBias(new RelativeBias(bias, new int[2]), positions),
      plain.withRelativeBias(new RelativeBias(positions, new int[3]), positions)
    };
    for (AttentionParameters p : wrong) {
      assertThatThrownBy(() -> g.attention(q, k, k, pages, p))
          .isInstanceOf(MyelinException.class)
          .hasMessageContaining("attention");
    }
    g.discard();
  }
}
