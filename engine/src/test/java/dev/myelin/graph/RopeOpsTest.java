package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.graph.RopeParameters.Type;
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
