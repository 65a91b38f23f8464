package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgmlType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A graph of a few operations with its inputs' values, computed once. */
final class TestGraph {
  final GraphBuilder builder = new GraphBuilder();
  private final List<Input> inputs = new ArrayList<>();
  private final Random random;

  private record Input(Tensor tensor, Object values) {}

  TestGraph(long seed) {
    random = new Random(seed);
  }

  /** An f32 input with random values from -1 to 1. */
  Tensor random(long... dims) {
    return floats(values(dims), dims);
  }

  float[] values(long... dims) {
    int n = 1;
    for (long d : dims) {
      n *= (int) d;
    }
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return values;
  }

  Tensor floats(float[] values, long... dims) {
    return input(GgmlType.F32, values, dims);
  }

  Tensor ints(int[] values, long... dims) {
    return input(GgmlType.I32, values, dims);
  }

  Tensor longs(long[] values, long... dims) {
    return input(GgmlType.I64, values, dims);
  }

  private Tensor input(GgmlType type, Object values, long... dims) {
    Tensor t = builder.input("input " + inputs.size(), type, dims);
    inputs.add(new Input(t, values));
    return t;
  }

  float[] valuesOf(Tensor input) {
    return inputs.stream()
        .filter(i -> i.tensor == input)
        .map(i -> (float[]) i.values)
        .findFirst()
        .orElseThrow();
  }

  /** The values of an f32 tensor. */
  float[] compute(Tensor t) {
    return compute(t, 1);
  }

  float[] compute(Tensor t, int threads) {
    float[] out = new float[(int) t.elements()];
    builder.output("out", builder.contiguous(t));
    try (Graph graph = build(threads)) {
      graph.read("out", out);
    }
    return out;
  }

  int[] computeInts(Tensor t) {
    int[] out = new int[(int) t.elements()];
    builder.output("out", builder.contiguous(t));
    try (Graph graph = build(1)) {
      graph.read("out", out);
    }
    return out;
  }

  private Graph build(int threads) {
    Graph graph = builder.build();
    try (Backend backend = Backend.cpu(threads)) {
      for (Input input : inputs) {
        switch (input.values) {
          case float[] f -> graph.fill(input.tensor, f);
          case int[] i -> graph.fill(input.tensor, i);
          case long[] l -> graph.fill(input.tensor, l);
          default -> throw new IllegalStateException();
        }
      }
      assertThat(backend.compute(graph)).isTrue();
      return graph;
    } catch (Throwable e) {
      graph.close();
      throw e;
    }
  }

  static void assertClose(float[] actual, double[] expected, double tolerance) {
    assertThat(actual).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual[i])
          .as("element " + i)
          .isCloseTo(
              expected[i],
              org.assertj.core.data.Offset.offset(tolerance * Math.max(1, Math.abs(expected[i]))));
    }
  }
}
