package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.BiFunction;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ElementwiseOpsTest {
  private static final double EXACT = 2e-6;
  // ggml looks these functions up in a table of f16
  private static final double HALF = 1.5e-3;

  private record Unary(
      String name,
      BiFunction<GraphBuilder, Tensor, Tensor> operation,
      DoubleUnaryOperator expected,
      double tolerance) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Unary> unaries() {
    return List.of(
        new Unary("step", GraphBuilder::step, x -> x > 0 ? 1 : 0, 0),
        new Unary("negate", GraphBuilder::negate, x -> -x, 0),
        new Unary("square", GraphBuilder::square, x -> x * x, EXACT),
        new Unary("sqrt", (g, x) -> g.sqrt(g.square(x)), Math::abs, EXACT),
        new Unary("exp", GraphBuilder::exp, Math::exp, EXACT),
        new Unary("log", (g, x) -> g.log(g.exp(x)), x -> x, 5e-6),
        new Unary("tanh", GraphBuilder::tanh, Math::tanh, EXACT),
        new Unary("sigmoid", GraphBuilder::sigmoid, ElementwiseOpsTest::sigmoid, EXACT),
        new Unary("softplus", GraphBuilder::softplus, x -> Math.log1p(Math.exp(x)), 5e-6),
        new Unary("relu", GraphBuilder::relu, x -> Math.max(x, 0), 0),
        new Unary("silu", GraphBuilder::silu, x -> x * sigmoid(x), EXACT),
        new Unary("gelu", GraphBuilder::gelu, ElementwiseOpsTest::gelu, HALF),
        new Unary("geluErf", GraphBuilder::geluErf, ElementwiseOpsTest::geluErf, EXACT),
        new Unary("geluQuick", GraphBuilder::geluQuick, x -> x * sigmoid(1.702 * x), HALF),
        new Unary("scale", (g, x) -> g.scale(g.contiguous(x), 3), x -> 3 * x, EXACT),
        new Unary("scaleBias", (g, x) -> g.scaleBias(g.contiguous(x), 3, 2), x -> 3 * x + 2, EXACT),
        new Unary("clamp", (g, x) -> g.clamp(x, -1, 2), x -> Math.clamp(x, -1.0, 2.0), 0),
        new Unary(
            "xielu",
            (g, x) -> g.xielu(x, 0.3f, 0.8f, 0.5f, -1e-6f),
            ElementwiseOpsTest::xielu,
            1e-5));
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double gelu(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  /** By the series of the error function. */
  private static double geluErf(double x) {
    double z = x / Math.sqrt(2);
    double term = z;
    double sum = z;
    for (int n = 1; n < 100; n++) {
      term *= -z * z / n;
      sum += term / (2 * n + 1);
    }
    return 0.5 * x * (1 + 2 / Math.sqrt(Math.PI) * sum);
  }

  private static double xielu(double x) {
    double p = Math.log1p(Math.exp(0.8f));
    double n = 0.5 + Math.log1p(Math.exp(0.3f));
    return x > 0 ? p * x * x + 0.5 * x : (Math.expm1(Math.min(x, -1e-6)) - x) * n + 0.5 * x;
  }

  /** Of the left half of each row, so that rows are apart. */
  @ParameterizedTest
  @MethodSource("unaries")
  void unaryMatchesItsDefinition(Unary test) {
    TestGraph g = new TestGraph(1);
    float[] values = g.values(74, 5);
    for (int i = 0; i < values.length; i++) {
      values[i] *= 4;
    }
    Tensor x = g.floats(values, 74, 5);
    Tensor left = g.builder.view2d(x, 37, 5, 74 * Float.BYTES, 0);
    double[] expected = new double[37 * 5];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = test.expected.applyAsDouble(values[i / 37 * 74 + i % 37]);
    }
    TestGraph.assertClose(
        g.compute(test.operation.apply(g.builder, left)), expected, test.tolerance);
  }

  @FunctionalInterface
  private interface Gate {
    Tensor apply(GraphBuilder g, Tensor gate, Tensor up);
  }

  private record Gated(
      String name, Gate operation, DoubleBinaryOperator expected, double tolerance) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Gated> gated() {
    return List.of(
        new Gated("swiglu", GraphBuilder::swiglu, (g, u) -> g * sigmoid(g) * u, 5e-6),
        new Gated("geglu", GraphBuilder::geglu, (g, u) -> gelu(g) * u, 4 * HALF),
        new Gated("gegluErf", GraphBuilder::gegluErf, (g, u) -> geluErf(g) * u, 5e-6),
        new Gated(
            "gegluQuick", GraphBuilder::gegluQuick, (g, u) -> g * sigmoid(1.702 * g) * u, 4 * HALF),
        new Gated("reglu", GraphBuilder::reglu, (g, u) -> Math.max(g, 0) * u, 5e-6),
        new Gated(
            "swigluOai",
            (b, g, u) -> b.swigluOai(g, u, 1.702f, 3),
            (g, u) -> {
              double x = Math.min(g, 3);
              return x * sigmoid(1.702f * x) * (Math.clamp(u, -3.0, 3.0) + 1);
            },
            5e-6),
        new Gated(
            "swigluClamp",
            (b, g, u) -> b.swigluClamp(g, u, 3),
            (g, u) -> {
              double x = Math.min(g, 3);
              return x * sigmoid(x) * Math.clamp(u, -3.0, 3.0);
            },
            5e-6));
  }

  /** Gate and up are the halves of the rows of one tensor. */
  @ParameterizedTest
  @MethodSource("gated")
  void gateMatchesItsDefinition(Gated test) {
    TestGraph g = new TestGraph(2);
    float[] values = g.values(66, 3);
    for (int i = 0; i < values.length; i++) {
      values[i] *= 5;
    }
    Tensor both = g.floats(values, 66, 3);
    Tensor gate = g.builder.view2d(both, 33, 3, 66 * Float.BYTES, 0);
    Tensor up = g.builder.view2d(both, 33, 3, 66 * Float.BYTES, 33 * Float.BYTES);
    double[] expected = new double[33 * 3];
    for (int i = 0; i < expected.length; i++) {
      int at = i / 33 * 66 + i % 33;
      expected[i] = test.expected.applyAsDouble(values[at], values[at + 33]);
    }
    TestGraph.assertClose(
        g.compute(test.operation.apply(g.builder, gate, up)), expected, test.tolerance);
  }

  @Test
  void nanStaysNaN() {
    for (Unary test : unaries()) {
      if (List.of("step", "relu", "clamp", "xielu").contains(test.name)) {
        continue;
      }
      TestGraph g = new TestGraph(3);
      float[] values = g.values(8, 1);
      values[5] = Float.NaN;
      float[] y = g.compute(test.operation.apply(g.builder, g.floats(values, 8, 1)));
      assertThat(y[5]).as(test.name).isNaN();
      assertThat(y[4]).as(test.name).isNotNaN();
    }
  }
}
