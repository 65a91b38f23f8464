package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Compares the positions that an indexer selects with scores in double precision. */
class IndexerTest {
  private static final int SIZE = 24;
  private static final int HEADS = 29;
  private static final int TOKENS = 37;
  private static final int BEFORE = 140;
  private static final int CELLS = 5 * 64;
  private static final int[] FIRST_CELLS = {192, 0, 256};
  private static final int TOP_K = 30;

  private final float[] q = floats(1, SIZE * HEADS * TOKENS);
  private final float[] k = floats(2, SIZE * CELLS);
  private final float[] weights = floats(3, HEADS * TOKENS);

  @BeforeAll
  static void ggml() {
    Ggml.require();
  }

  private static float[] floats(long seed, int count) {
    Random random = new Random(seed);
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  /**
   * The first token sees nothing, the next ones fewer than are selected, the others up to theirs.
   */
  private static int end(int token) {
    return token < 4 ? 10 * token : BEFORE + token + 1;
  }

  private static int begin(int token) {
    return token == TOKENS - 1 ? 70 : 0;
  }

  @Test
  void selectsLargestScores() {
    int[] one = compute(1);
    for (int t = 0; t < TOKENS; t++) {
      assertThat(Arrays.copyOfRange(one, t * TOP_K, (t + 1) * TOP_K))
          .as("token " + t)
          .isEqualTo(expected(t));
    }
    assertThat(compute(2)).isEqualTo(one);
    assertThat(compute(3)).isEqualTo(one);
  }

  @Test
  void selectsKeyThatIsNotFinite() {
    k[(FIRST_CELLS[1] + 3) * SIZE + 7] = Float.NaN; // position 67
    int[] ids = compute(1);
    assertThat(Arrays.copyOfRange(ids, 5 * TOP_K, 6 * TOP_K)).contains(67);
    assertThat(Arrays.copyOfRange(ids, 3 * TOP_K, 4 * TOP_K)).doesNotContain(67);
  }

  @Test
  void takesFirstOfEqualScores() {
    Arrays.fill(weights, 0);
    int[] ids = compute(2);
    int[] first = Arrays.copyOfRange(ids, 9 * TOP_K, 10 * TOP_K);
    assertThat(first).isEqualTo(IntStream.range(0, TOP_K).toArray());
  }

  private int[] expected(int token) {
    int[] best =
        IntStream.range(begin(token), end(token))
            .boxed()
            .sorted(Comparator.comparingDouble(position -> -score(token, position)))
            .limit(TOP_K)
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();
    int[] padded = Arrays.copyOf(best, TOP_K);
    Arrays.fill(padded, best.length, TOP_K, -1);
    return padded;
  }

  private double score(int token, int position) {
    int cell = FIRST_CELLS[position / 64] + position % 64;
    double score = 0;
    for (int h = 0; h < HEADS; h++) {
      double dot = 0;
      for (int i = 0; i < SIZE; i++) {
        dot += (double) q[(token * HEADS + h) * SIZE + i] * k[cell * SIZE + i];
      }
      score += weights[token * HEADS + h] * Math.max(dot, 0);
    }
    return score;
  }

  private int[] compute(int threads) {
    GraphBuilder g = new GraphBuilder();
    Tensor queries = g.input("q", GgmlType.F32, SIZE, HEADS, TOKENS);
    Tensor keys = g.input("k", GgmlType.F32, SIZE, CELLS, 1);
    Tensor factors = g.input("weights", GgmlType.F32, HEADS, TOKENS);
    CachePages pages = CachePages.input(g, "cache", FIRST_CELLS.length, TOKENS);
    g.output("out", g.select(queries, keys, factors, pages, TOP_K));
    int[] ranges = new int[2 * TOKENS];
    for (int t = 0; t < TOKENS; t++) {
      ranges[2 * t] = begin(t);
      ranges[2 * t + 1] = end(t);
    }
    int[] out = new int[TOP_K * TOKENS];
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(threads)) {
      copy(q, graph.input("q"));
      copy(k, graph.input("k"));
      copy(weights, graph.input("weights"));
      CachePages.fill(graph, "cache", FIRST_CELLS, FIRST_CELLS.length, ranges, CELLS);
      assertThat(backend.compute(graph)).isTrue();
      graph.read("out", out);
    }
    return out;
  }

  private static void copy(float[] values, MemorySegment to) {
    MemorySegment.copy(values, 0, to, ValueLayout.JAVA_FLOAT, 0, values.length);
  }
}
