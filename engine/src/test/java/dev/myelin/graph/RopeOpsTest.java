package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.graph.RopeParameters.Type;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RopeOpsTest {
  private static final int HEAD = 20;
  private static final int HEADS = 2;
  private static final int TOKENS = 3;
  private static final int[] POSITIONS = {0, 5, 1000};

  private static RopeParameters parameters(int dimensions, Type type) {
    return new RopeParameters(dimensions, type, 4096, 10000, 1, 0, 1, 32, 1);
  }

  @ParameterizedTest
  @EnumSource(Type.class)
  void rotatesFromAnOffset(Type type) {
    int dims = 12;
    int offset = 6;
    TestGraph g = new TestGraph(1);
    Tensor a = g.random(HEAD, HEADS, TOKENS);
    float[] x = g.valuesOf(a);
    Tensor y = g.builder.rope(a, g.ints(POSITIONS, TOKENS), null, parameters(dims, type), offset);
    double[] expected = new double[x.length];
    for (int row = 0; row < HEADS * TOKENS; row++) {
      for (int i = 0; i < HEAD; i++) {
        expected[row * HEAD + i] = x[row * HEAD + i];
      }
      for (int pair = 0; pair < dims / 2; pair++) {
        int first = row * HEAD + offset + (type == Type.NORMAL ? 2 * pair : pair);
        int second = first + (type == Type.NORMAL ? 1 : dims / 2);
        double angle = POSITIONS[row / HEADS] * Math.pow(10000, -2.0 * pair / dims);
        rotate(x, expected, first, second, angle);
      }
    }
    TestGraph.assertClose(g.compute(y), expected, 5e-4);
  }

  @ParameterizedTest
  @EnumSource(Type.class)
  void rotatesByDivisorsAndScales(Type type) {
    int dims = 144;
    int tokens = 40;
    RopeParameters p = new RopeParameters(dims, type, 4096, 500_000, 0.25f, 0, 1.5f, 32, 1);
    int[] positions = new int[tokens];
    for (int t = 0; t < tokens; t++) {
      positions[t] = t * t;
    }
    List<float[]> results = new ArrayList<>();
    for (int threads : new int[] {1, 3}) {
      TestGraph g = new TestGraph(5);
      Tensor a = g.random(dims, HEADS, tokens);
      float[] divisors = g.values(dims / 2);
      for (int i = 0; i < divisors.length; i++) {
        divisors[i] += 2;
      }
      Tensor y =
          g.builder.rope(a, g.ints(positions, tokens), g.floats(divisors, divisors.length), p);
      float[] x = g.valuesOf(a);
      double[] expected = new double[x.length];
      for (int i = 0; i < x.length / dims; i++) {
        for (int pair = 0; pair < dims / 2; pair++) {
          int first = i * dims + (type == Type.NORMAL ? 2 * pair : pair);
          int second = first + (type == Type.NORMAL ? 1 : dims / 2);
          double frequency = Math.pow(500_000, -2.0 * pair / dims) / divisors[pair];
          rotate(x, expected, first, second, positions[i / HEADS] * frequency * 0.25);
        }
      }
      for (int i = 0; i < expected.length; i++) {
        expected[i] *= 1.5;
      }
      float[] result = g.compute(y, threads);
      TestGraph.assertClose(result, expected, 5e-4);
      results.add(result);
    }
    assertThat(results.getLast()).isEqualTo(results.getFirst());
  }

  private static void rotate(float[] x, double[] y, int first, int second, double angle) {
    y[first] = x[first] * Math.cos(angle) - x[second] * Math.sin(angle);
    y[second] = x[first] * Math.sin(angle) + x[second] * Math.cos(angle);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rotatesBySeveralPositions(boolean isInterleaved) {
    int dims = 16;
    int[] sections = {4, 2, 2, 0};
    int[] positions = {0, 5, 1000, 3, 3, 8, 7, 1, 2, 0, 0, 0};
    TestGraph g = new TestGraph(2);
    Tensor a = g.random(HEAD, HEADS, TOKENS);
    float[] x = g.valuesOf(a);
    Tensor y =
        g.builder.ropeMulti(
            a,
            g.ints(positions, 4 * TOKENS),
            null,
            parameters(dims, Type.NEOX),
            sections,
            isInterleaved);
    double[] expected = new double[x.length];
    for (int row = 0; row < HEADS * TOKENS; row++) {
      for (int i = 0; i < HEAD; i++) {
        expected[row * HEAD + i] = x[row * HEAD + i];
      }
      for (int pair = 0; pair < dims / 2; pair++) {
        int section = isInterleaved ? interleaved(pair) : pair < 4 ? 0 : pair < 6 ? 1 : 2;
        double position = positions[section * TOKENS + row / HEADS];
        int first = row * HEAD + pair;
        rotate(
            x, expected, first, first + dims / 2, position * Math.pow(10000, -2.0 * pair / dims));
      }
    }
    TestGraph.assertClose(g.compute(y), expected, 5e-4);
    assertThat(expected).isNotEqualTo(x);
  }

  /** Pairs 0 to 5 by turns; then only the first section has some left. */
  private static int interleaved(int pair) {
    return pair < 6 ? pair % 3 : pair % 3 == 0 ? 0 : 3;
  }
}
