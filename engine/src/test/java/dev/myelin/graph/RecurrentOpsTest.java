package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recurrences against loops in double precision, over two sequences of two tokens or more. */
class RecurrentOpsTest {
  private static final double TOLERANCE = 1e-5;
  private static final int SEQUENCES = 2;

  @Test
  void convolvesEachChannel() {
    int width = 4;
    int tokens = 3;
    int channels = 5;
    TestGraph g = new TestGraph(1);
    Tensor x = g.random(width - 1 + tokens, channels, SEQUENCES);
    Tensor kernel = g.random(width, channels);
    float[] vx = g.valuesOf(x);
    float[] vk = g.valuesOf(kernel);
    double[] expected = new double[channels * tokens * SEQUENCES];
    for (int i = 0; i < expected.length; i++) {
      int c = i % channels;
      int t = i / channels % tokens;
      int s = i / channels / tokens;
      for (int j = 0; j < width; j++) {
        int from = (s * channels + c) * (width - 1 + tokens) + t + j;
        expected[i] += (double) vx[from] * vk[c * width + j];
      }
    }
    TestGraph.assertClose(g.compute(g.builder.ssmConv(x, kernel)), expected, TOLERANCE);
  }

  /** Mamba has a decay for each element of the state and heads of one value, Mamba-2 one a head. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void scansStates(boolean isMamba2) {
    int n = 32;
    int size = isMamba2 ? 3 : 1;
    int heads = 4;
    int groups = 2;
    int tokens = 3;
    int slots = 3;
    TestGraph g = new TestGraph(2);
    Tensor states = g.random(n, size, heads, slots);
    Tensor x = g.random(size, heads, tokens, SEQUENCES);
    Tensor dt = g.random(heads, tokens, SEQUENCES);
    Tensor a = g.random(isMamba2 ? 1 : n, heads);
    Tensor b = g.random(n, groups, tokens, SEQUENCES);
    Tensor c = g.random(n, groups, tokens, SEQUENCES);
    int[] slotOf = {2, 0};
    RecurrentResult y = g.builder.ssmScan(states, x, dt, a, b, c, g.ints(slotOf, SEQUENCES));
    float[] va = g.valuesOf(a);
    double[] output = new double[size * heads * tokens * SEQUENCES];
    double[] last = new double[n * size * heads * SEQUENCES];
    for (int s = 0; s < SEQUENCES; s++) {
      for (int h = 0; h < heads; h++) {
        for (int i = 0; i < size; i++) {
          int row = i + size * h;
          int to = n * (row + size * heads * s);
          for (int j = 0; j < n; j++) {
            last[to + j] = g.valuesOf(states)[n * (row + size * heads * slotOf[s]) + j];
          }
          for (int t = 0; t < tokens; t++) {
            int token = t + tokens * s;
            double d = Math.log1p(Math.exp(g.valuesOf(dt)[h + heads * token]));
            int group = n * (h / (heads / groups) + groups * token);
            for (int j = 0; j < n; j++) {
              double decay = Math.exp(d * va[isMamba2 ? h : h * n + j]);
              double in = d * g.valuesOf(x)[row + size * heads * token];
              last[to + j] = last[to + j] * decay + in * g.valuesOf(b)[group + j];
              output[row + size * heads * token] += last[to + j] * g.valuesOf(c)[group + j];
            }
          }
        }
      }
    }
    assertResult(g, y, output, last);
  }

  /** The gate is one value a head, or one for each value of a key. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void appliesTheGatedDeltaRule(boolean isVector) {
    int size = 16;
    int keyHeads = 2;
    int heads = 4;
    int tokens = 3;
    TestGraph g = new TestGraph(3);
    Tensor q = g.random(size, keyHeads, tokens, SEQUENCES);
    Tensor k = g.random(size, keyHeads, tokens, SEQUENCES);
    Tensor v = g.random(size, heads, tokens, SEQUENCES);
    Tensor gate = g.random(isVector ? size : 1, heads, tokens, SEQUENCES);
    Tensor beta = g.random(1, heads, tokens, SEQUENCES);
    Tensor states = g.random(size, size, heads, SEQUENCES);
    RecurrentResult y = g.builder.gatedDeltaNet(q, k, v, gate, beta, states);
    double[] output = new double[size * heads * tokens * SEQUENCES];
    double[] last = new double[size * size * heads * SEQUENCES];
    for (int i = 0; i < last.length; i++) {
      last[i] = g.valuesOf(states)[i];
    }
    for (int s = 0; s < SEQUENCES; s++) {
      for (int t = 0; t < tokens; t++) {
        for (int h = 0; h < heads; h++) {
          int head = h + heads * (t + tokens * s);
          int key = size * (h % keyHeads + keyHeads * (t + tokens * s));
          int state = size * size * (h + heads * s);
          for (int j = 0; j < size; j++) {
            double known = 0;
            for (int i = 0; i < size; i++) {
              int at = state + j * size + i;
              last[at] *= Math.exp(g.valuesOf(gate)[isVector ? head * size + i : head]);
              known += last[at] * g.valuesOf(k)[key + i];
            }
            double delta = (g.valuesOf(v)[head * size + j] - known) * g.valuesOf(beta)[head];
            for (int i = 0; i < size; i++) {
              int at = state + j * size + i;
              last[at] += delta * g.valuesOf(k)[key + i];
              output[head * size + j] += last[at] * g.valuesOf(q)[key + i] / Math.sqrt(size);
            }
          }
        }
      }
    }
    assertResult(g, y, output, last);
  }

  @Test
  void computesRwkv6() {
    int size = 20;
    int heads = 2;
    int tokens = 4;
    TestGraph g = new TestGraph(4);
    Tensor k = g.random(size, heads, tokens);
    Tensor v = g.random(size, heads, tokens);
    Tensor r = g.random(size, heads, tokens);
    Tensor u = g.random(size, heads);
    Tensor w = g.random(size, heads, tokens);
    Tensor states = g.random((long) size * size * heads, SEQUENCES);
    RecurrentResult y = g.builder.wkv6(k, v, r, u, w, states);
    double[] output = new double[size * heads * tokens];
    double[] last = doubles(g.valuesOf(states));
    for (int t = 0; t < tokens; t++) {
      for (int h = 0; h < heads; h++) {
        int head = size * (h + heads * t);
        int state = size * size * (h + heads * (t / (tokens / SEQUENCES)));
        for (int i = 0; i < size; i++) {
          for (int j = 0; j < size; j++) {
            int at = state + i * size + j;
            double kv = (double) g.valuesOf(k)[head + i] * g.valuesOf(v)[head + j];
            output[head + j] +=
                (kv * g.valuesOf(u)[h * size + i] + last[at]) * g.valuesOf(r)[head + i];
            last[at] = last[at] * g.valuesOf(w)[head + i] + kv;
          }
        }
      }
    }
    assertResult(g, y, output, last);
  }

  @Test
  void computesGatedLinearAttention() {
    int size = 20;
    int heads = 2;
    int tokens = 4;
    TestGraph g = new TestGraph(5);
    Tensor k = g.random(size, heads, tokens);
    Tensor v = g.random(size, heads, tokens);
    Tensor q = g.random(size, heads, tokens);
    Tensor gate = g.random(size, heads, tokens);
    Tensor states = g.random((long) size * size * heads, SEQUENCES);
    RecurrentResult y = g.builder.gatedLinearAttention(k, v, q, gate, states, 0.5f);
    double[] output = new double[size * heads * tokens];
    double[] last = doubles(g.valuesOf(states));
    for (int t = 0; t < tokens; t++) {
      for (int h = 0; h < heads; h++) {
        int head = size * (h + heads * t);
        int state = size * size * (h + heads * (t / (tokens / SEQUENCES)));
        for (int i = 0; i < size; i++) {
          for (int j = 0; j < size; j++) {
            int at = state + i * size + j;
            double kv = (double) g.valuesOf(k)[head + i] * g.valuesOf(v)[head + j];
            last[at] = last[at] * g.valuesOf(gate)[head + i] + kv;
            output[head + j] += last[at] * 0.5 * g.valuesOf(q)[head + i];
          }
        }
      }
    }
    assertResult(g, y, output, last);
  }

  @Test
  void computesRwkv7() {
    int size = 64;
    int heads = 2;
    int tokens = 4;
    TestGraph g = new TestGraph(6);
    Tensor[] x = new Tensor[6];
    float[][] in = new float[6][];
    for (int i = 0; i < x.length; i++) {
      float[] values = g.values(size, heads, tokens);
      for (int j = 0; j < values.length; j++) {
        values[j] *= 0.3f;
      }
      in[i] = values;
      x[i] = g.floats(values, size, heads, tokens);
    }
    Tensor states = g.random((long) size * size * heads, SEQUENCES);
    RecurrentResult y = g.builder.wkv7(x[0], x[1], x[2], x[3], x[4], x[5], states);
    double[] output = new double[size * heads * tokens];
    double[] last = doubles(g.valuesOf(states));
    for (int t = 0; t < tokens; t++) {
      for (int h = 0; h < heads; h++) {
        int head = size * (h + heads * t);
        int state = size * size * (h + heads * (t / (tokens / SEQUENCES)));
        for (int i = 0; i < size; i++) {
          double sa = 0;
          for (int j = 0; j < size; j++) {
            sa += last[state + i * size + j] * in[4][head + j];
          }
          for (int j = 0; j < size; j++) {
            int at = state + i * size + j;
            last[at] =
                last[at] * in[1][head + j]
                    + (double) in[3][head + i] * in[2][head + j]
                    + sa * in[5][head + j];
            output[head + i] += last[at] * in[0][head + j];
          }
        }
      }
    }
    assertResult(g, y, output, last);
  }

  @Test
  void transformsByHadamard() {
    int n = 64;
    TestGraph g = new TestGraph(7);
    Tensor a = g.random(n, 3);
    float[] x = g.valuesOf(a);
    double[] expected = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < n; j++) {
        boolean isNegative = Integer.bitCount(i % n & j) % 2 == 1;
        expected[i] += (isNegative ? -1 : 1) * x[i / n * n + j] / Math.sqrt(n);
      }
    }
    TestGraph.assertClose(g.compute(g.builder.hadamard(a)), expected, TOLERANCE);
  }

  /** The states after two tokens, then after two more, are bit-identical to those after four. */
  @Test
  void statesDoNotDependOnWhereTokensAreCut() {
    int size = 16;
    float[] whole = deltaStates(size, 0, 4, new float[size * size]);
    float[] half = deltaStates(size, 0, 2, new float[size * size]);
    assertThat(deltaStates(size, 2, 4, half)).isEqualTo(whole);
    assertThat(half).isNotEqualTo(whole);
  }

  private static float[] deltaStates(int size, int from, int to, float[] before) {
    TestGraph g = new TestGraph(8);
    float[] x = g.values(size, 4, 3);
    int n = size * (to - from);
    Tensor[] qkv = new Tensor[3];
    for (int i = 0; i < 3; i++) {
      float[] values = Arrays.copyOfRange(x, size * (4 * i + from), size * (4 * i + from) + n);
      qkv[i] = g.floats(values, size, 1, to - from);
    }
    float[] gates = Arrays.copyOfRange(g.values(4), from, to);
    Tensor gate = g.floats(gates, 1, 1, to - from);
    float[] betas = new float[to - from];
    Arrays.fill(betas, 0.5f);
    Tensor beta = g.floats(betas, 1, 1, to - from);
    Tensor states = g.floats(before, size, size, 1, 1);
    return g.compute(g.builder.gatedDeltaNet(qkv[0], qkv[1], qkv[2], gate, beta, states).states());
  }

  private static double[] doubles(float[] values) {
    double[] d = new double[values.length];
    for (int i = 0; i < d.length; i++) {
      d[i] = values[i];
    }
    return d;
  }

  /** Computes on two threads. */
  private static void assertResult(
      TestGraph g, RecurrentResult y, double[] output, double[] states) {
    int n = output.length;
    Tensor both =
        g.builder.concat(
            g.builder.reshape2d(g.builder.contiguous(y.output()), n, 1),
            g.builder.reshape2d(g.builder.contiguous(y.states()), states.length, 1),
            0);
    float[] actual = g.compute(both, 2);
    TestGraph.assertClose(Arrays.copyOf(actual, n), output, TOLERANCE);
    TestGraph.assertClose(Arrays.copyOfRange(actual, n, actual.length), states, TOLERANCE);
  }
}
