package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.myelin.gguf.GgmlType;
import org.junit.jupiter.api.Test;

/** Views, copies and rows. */
class LayoutOpsTest {
  private static final int F = Float.BYTES;

  private static float[] range(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = i;
    }
    return values;
  }

  @Test
  void concatenatesAlongEachDimension() {
    for (int dimension = 0; dimension < 4; dimension++) {
      long[] shape = {3, 2, 2, 2};
      shape[dimension] = 1;
      TestGraph g = new TestGraph(dimension);
      Tensor a = g.random(3, 2, 2, 2);
      Tensor b = g.random(shape);
      Tensor y = g.builder.concat(a, b, dimension);
      long[] joined = {3, 2, 2, 2};
      joined[dimension]++;
      assertThat(y.shape()).isEqualTo(joined);
      float[] va = g.valuesOf(a);
      float[] vb = g.valuesOf(b);
      float[] expected = new float[(int) y.elements()];
      for (int i = 0; i < expected.length; i++) {
        int[] at = new int[4];
        for (int d = 0, rest = i; d < 4; d++) {
          at[d] = rest % (int) joined[d];
          rest /= (int) joined[d];
        }
        int last = (int) joined[dimension] - 1;
        boolean isB = at[dimension] == last;
        at[dimension] = isB ? 0 : at[dimension];
        long[] s = isB ? shape : new long[] {3, 2, 2, 2};
        int from = (int) (at[0] + s[0] * (at[1] + s[1] * (at[2] + s[2] * at[3])));
        expected[i] = isB ? vb[from] : va[from];
      }
      assertThat(g.compute(y)).isEqualTo(expected);
    }
  }

  @Test
  void addsToASlice() {
    TestGraph g = new TestGraph(1);
    Tensor a = g.floats(range(12), 2, 3, 2);
    Tensor part = g.builder.slice(g.floats(range(12), 2, 3, 2), 1, 2, 1);
    Tensor y = g.builder.addSlice(a, part, 1, 1);
    assertThat(y.shape()).isEqualTo(new long[] {2, 3, 2});
    assertThat(g.compute(y)).containsExactly(0, 1, 6, 8, 4, 5, 6, 7, 18, 20, 10, 11);
  }

  @Test
  void padsWithZeros() {
    TestGraph g = new TestGraph(1);
    Tensor y = g.builder.pad(g.floats(range(4), 2, 2), 1, 1, 0, 0);
    assertThat(g.compute(y)).containsExactly(0, 1, 0, 2, 3, 0, 0, 0, 0);
  }

  @Test
  void repeatsAlongFourDimensions() {
    TestGraph g = new TestGraph(1);
    Tensor y = g.builder.repeat4d(g.floats(range(2), 2, 1, 1, 1), 4, 1, 1, 2);
    assertThat(g.compute(y)).containsExactly(0, 1, 0, 1, 0, 1, 0, 1);
  }

  @Test
  void viewsOfOneAndFourDimensions() {
    TestGraph g = new TestGraph(1);
    Tensor x = g.floats(range(48), 6, 2, 2, 2);
    Tensor view = g.builder.view4d(x, 2, 1, 2, 2, 6 * F, 12 * F, 24 * F, 3 * F);
    assertThat(g.compute(view)).containsExactly(3, 4, 15, 16, 27, 28, 39, 40);
    TestGraph h = new TestGraph(1);
    Tensor one = h.builder.view1d(h.floats(range(48), 6, 8), 3, 7 * F);
    assertThat(h.compute(one)).containsExactly(7, 8, 9);
  }

  @Test
  void copiesIntoATensorWithMemoryOfItsOwn() {
    try (TensorContext context = new TensorContext(1);
        TensorBuffer buffer = TensorBuffer.allocateZeroed(1 << 10)) {
      Tensor state = context.tensor("state", GgmlType.F16, 3, 4);
      buffer.append(state);
      TestGraph g = new TestGraph(1);
      Tensor x = g.floats(range(6), 3, 2);
      Tensor rows = g.builder.view2d(g.builder.read(state), 3, 2, 6, 6);
      g.builder.expand(g.builder.copy(x, rows));
      Tensor all = g.builder.cast(g.builder.read(state), GgmlType.F32);
      assertThat(g.compute(all)).containsExactly(0, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0);
    }
  }

  @Test
  void roundsToBlocksOfEightBits() {
    float[] values = new float[64];
    for (int i = 0; i < 64; i++) {
      values[i] = i < 32 ? 4 * (i - 16) : 0.3f * i;
    }
    values[5] = 127; // the scale of the first block is 1
    TestGraph g = new TestGraph(1);
    float[] rounded = g.compute(g.builder.roundToQ8(g.floats(values, 32, 2)));
    for (int i = 0; i < 64; i++) {
      float halfStep = (i < 32 ? 127 : 0.3f * 63) / 254;
      assertThat(rounded[i]).isCloseTo(values[i], within(i < 32 ? 0f : halfStep * 1.01f));
    }
    assertThat(rounded[33]).isNotEqualTo(values[33]);
  }

  @Test
  void getsRowsOfIntegers() {
    TestGraph g = new TestGraph(1);
    Tensor table = g.ints(new int[] {1 << 30, -1, 7, 123456789}, 1, 4);
    Tensor rows = g.builder.getRows(table, g.ints(new int[] {3, 0, 3}, 3));
    assertThat(rows.type()).isEqualTo(GgmlType.I32);
    assertThat(g.computeInts(rows)).containsExactly(123456789, 1 << 30, 123456789);
  }

  @Test
  void setsRowsOfFloatsWithNaN() {
    TestGraph g = new TestGraph(1);
    Tensor table = g.floats(range(6), 2, 3);
    Tensor rows = g.floats(new float[] {10, Float.NaN, 30, 40}, 2, 2);
    Tensor y = g.builder.setRows(table, rows, g.longs(new long[] {2, 0}, 2));
    assertThat(g.compute(y)).containsExactly(30, 40, 2, 3, 10, Float.NaN);
  }

  @Test
  void addsTheBiasOfEachExpert() {
    TestGraph g = new TestGraph(1);
    Tensor a = g.floats(range(8), 2, 2, 2);
    Tensor biases = g.floats(new float[] {100, 200, 300, 400, 500, 600}, 2, 3);
    Tensor ids = g.ints(new int[] {2, 0, 1, 1}, 2, 2);
    assertThat(g.compute(g.builder.addExpertBias(a, biases, ids)))
        .containsExactly(500, 601, 102, 203, 304, 405, 306, 407);
  }
}
