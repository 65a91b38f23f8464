package dev.myelin.graph;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NormOpsTest {
  private static final double TOLERANCE = 3e-6;

  @Test
  void l2NormDividesByTheNormOrEpsilon() {
    TestGraph g = new TestGraph(1);
    Tensor a = g.random(19, 3);
    float[] x = g.valuesOf(a);
    Arrays.fill(x, 19, 38, 1e-9f);
    double[] expected = new double[x.length];
    for (int row = 0; row < 3; row++) {
      double sum = 0;
      for (int i = 0; i < 19; i++) {
        sum += (double) x[row * 19 + i] * x[row * 19 + i];
      }
      for (int i = 0; i < 19; i++) {
        expected[row * 19 + i] = x[row * 19 + i] / Math.max(Math.sqrt(sum), 1e-4f);
      }
    }
    TestGraph.assertClose(g.compute(g.builder.l2Norm(a, 1e-4f)), expected, TOLERANCE);
  }

  @Test
  void groupNormNormalisesEachGroupOfChannels() {
    TestGraph g = new TestGraph(2);
    Tensor a = g.random(5, 3, 4, 2);
    float[] x = g.valuesOf(a);
    double[] expected = new double[x.length];
    int group = 5 * 3 * 2;
    for (int from = 0; from < x.length; from += group) {
      double mean = 0;
      double square = 0;
      for (int i = from; i < from + group; i++) {
        mean += x[i] / (double) group;
      }
      for (int i = from; i < from + group; i++) {
        square += (x[i] - mean) * (x[i] - mean) / group;
      }
      for (int i = from; i < from + group; i++) {
        expected[i] = (x[i] - mean) / Math.sqrt(square + 1e-5);
      }
    }
    TestGraph.assertClose(g.compute(g.builder.groupNorm(a, 2, 1e-5f)), expected, TOLERANCE);
  }

  @Test
  void meanOfRows() {
    TestGraph g = new TestGraph(3);
    Tensor a = g.random(21, 2, 3);
    float[] x = g.valuesOf(a);
    double[] expected = new double[6];
    for (int i = 0; i < x.length; i++) {
      expected[i / 21] += x[i] / 21.0;
    }
    TestGraph.assertClose(g.compute(g.builder.meanRows(a)), expected, TOLERANCE);
  }

  @Test
  void softmaxWithMaskAndWithSinks() {
    TestGraph g = new TestGraph(4);
    Tensor a = g.random(11, 2, 3);
    Tensor mask = g.random(11, 2);
    float[] m = g.valuesOf(mask);
    m[3] = Float.NEGATIVE_INFINITY;
    double[] expected = softmax(g.valuesOf(a), m, 2, null);
    TestGraph.assertClose(g.compute(g.builder.softmax(a, mask, 2)), expected, TOLERANCE);

    TestGraph h = new TestGraph(5);
    Tensor b = h.random(11, 2, 3);
    Tensor sinks = h.random(3);
    double[] withSinks = softmax(h.valuesOf(b), new float[22], 2, h.valuesOf(sinks));
    TestGraph.assertClose(h.compute(h.builder.softmaxWithSinks(b, sinks, 2)), withSinks, TOLERANCE);
  }

  private static double[] softmax(float[] x, float[] mask, float scale, float[] sinks) {
    double[] y = new double[x.length];
    for (int row = 0; row < x.length / 11; row++) {
      double sum = sinks == null ? 0 : Math.exp(sinks[row / 2]);
      for (int i = 0; i < 11; i++) {
        y[row * 11 + i] = Math.exp(scale * x[row * 11 + i] + mask[row % 2 * 11 + i]);
        sum += y[row * 11 + i];
      }
      for (int i = 0; i < 11; i++) {
        y[row * 11 + i] /= sum;
      }
    }
    return y;
  }
}
