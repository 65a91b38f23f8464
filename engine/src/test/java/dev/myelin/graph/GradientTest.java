package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.NativeLibraryException;
import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the gradient of every operation that training uses with central finite differences. The
 * loss is the cross entropy of the operation's result.
 */
class GradientTest {
  /** Bound relative to the largest element of the gradient: an f32 loss has about seven digits. */
  private static final double BOUND = 4e-3;

  private static final float STEP = 2e-2f;
  private static final RopeParameters.Type[] ROPE_TYPES = RopeParameters.Type.values();

  private static Backend backend;

  /** Builds an operation on parameters. */
  private interface Operation {
    Tensor apply(TrainingBuilder g, List<Tensor> p, Constants constants);
  }

  private record Case(String name, Operation operation, long[]... shapes) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** Tensors that are not trained, filled once. */
  private record Constants(TensorContext context, TensorBuffer buffer, Random random) {
    Tensor floats(long... shape) {
      Tensor t = context.tensor("constant", GgmlType.F32, shape);
      buffer.append(t);
      fill(t, random, 0.3f, 1.3f);
      return t;
    }

    Tensor ints(int most, long count) {
      Tensor t = context.tensor("ids", GgmlType.I32, count);
      buffer.append(t);
      for (long i = 0; i < count; i++) {
        t.data().setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(most));
      }
      return t;
    }
  }

  private static void fill(Tensor t, Random random, float low, float high) {
    for (long i = 0; i < t.elements(); i++) {
      float value = low + (high - low) * random.nextFloat();
      t.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextBoolean() ? value : -value);
    }
  }

  static List<Case> operations() {
    List<Case> cases = new ArrayList<>();
    cases.add(new Case("add", (g, p, c) -> g.add(p.get(0), p.get(1)), s(6, 5), s(6, 5)));
    cases.add(new Case("add a row", (g, p, c) -> g.add(p.get(0), p.get(1)), s(6, 5), s(6)));
    cases.add(new Case("multiply", (g, p, c) -> g.multiply(p.get(0), p.get(1)), s(6, 5), s(6, 5)));
    cases.add(
        new Case("multiply by a row", (g, p, c) -> g.multiply(p.get(0), p.get(1)), s(6, 5), s(6)));
    cases.add(
        new Case(
            "multiply by a column",
            (g, p, c) -> g.multiply(p.get(0), p.get(1)),
            s(6, 5, 2),
            s(1, 5, 2)));
    cases.add(new Case("scale", (g, p, c) -> g.scale(p.get(0), -1.7f), s(6, 5)));
    cases.add(
        new Case(
            "sum of rows",
            (g, p, c) -> g.multiply(g.repeat3d(g.sumRows(p.get(0)), 6, 5, 1), c.floats(6, 5)),
            s(4, 5)));
    cases.add(
        new Case(
            "repeat",
            (g, p, c) -> g.multiply(g.repeat3d(p.get(0), 6, 5, 3), c.floats(6, 5, 3)),
            s(6, 5)));
    cases.add(new Case("rms norm", (g, p, c) -> g.rmsNorm(p.get(0), 1e-5f), s(16, 5)));
    cases.add(new Case("matmul", (g, p, c) -> g.matmul(p.get(0), p.get(1)), s(7, 6), s(7, 5)));
    cases.add(
        new Case(
            "matmul in batches",
            (g, p, c) -> g.matmul(p.get(0), p.get(1)),
            s(7, 6, 3, 2),
            s(7, 5, 3, 2)));
    cases.add(
        new Case(
            "contiguous after permute",
            (g, p, c) -> g.contiguous(g.permute(p.get(0), 1, 2, 0, 3)),
            s(6, 5, 3)));
    cases.add(new Case("reshape", (g, p, c) -> g.reshape2d(p.get(0), 10, 3), s(6, 5)));
    cases.add(
        new Case(
            "view",
            (g, p, c) -> g.contiguous(g.view2d(p.get(0), 4, 5, p.get(0).stride(1), 8)),
            s(6, 5)));
    cases.add(new Case("rows", (g, p, c) -> g.getRows(p.get(0), c.ints(4, 7)), s(6, 4)));
    cases.add(new Case("softmax", (g, p, c) -> g.scale(g.softmax(p.get(0)), 20f), s(6, 5)));
    cases.add(
        new Case(
            "softmax with mask and scale",
            (g, p, c) -> g.scale(g.softmax(p.get(0), c.floats(6, 5), 0.6f), 20f),
            s(6, 5, 3, 2)));
    cases.add(new Case("swiglu", (g, p, c) -> g.swiglu(p.get(0), p.get(1)), s(6, 5), s(6, 5)));
    cases.add(new Case("cross entropy", (g, p, c) -> p.get(0), s(6, 5)));
    for (RopeParameters.Type type : ROPE_TYPES) {
      cases.add(
          new Case("rope " + type, (g, p, c) -> rope(g, p.get(0), c, type, false), s(8, 3, 5)));
      cases.add(
          new Case(
              "rope with factors " + type,
              (g, p, c) -> rope(g, p.get(0), c, type, true),
              s(8, 3, 5)));
    }
    return cases;
  }

  private static Tensor rope(
      TrainingBuilder g, Tensor x, Constants c, RopeParameters.Type type, boolean factors) {
    Tensor divisors = factors ? c.floats(4) : null;
    RopeParameters p = new RopeParameters(8, type, 64, 10_000f, 1f, 0f, 1f, 32f, 1f);
    return g.rope(x, c.ints(40, 5), divisors, p);
  }

  private static long[] s(long... shape) {
    return shape;
  }

  @BeforeAll
  static void open() {
    backend = Backend.cpu(1);
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void gradientMatchesFiniteDifferences(Case test) {
    Random random = new Random(test.name.hashCode());
    try (TensorContext context = new TensorContext(16);
        TensorBuffer buffer = TensorBuffer.allocateZeroed(1 << 16)) {
      Constants constants = new Constants(context, buffer, random);
      TrainingBuilder g = new TrainingBuilder();
      List<Tensor> parameters = new ArrayList<>();
      for (long[] shape : test.shapes) {
        Tensor p = constants.floats(shape);
        g.addParameter(p);
        parameters.add(p);
      }
      Tensor out = test.operation.apply(g, parameters, constants);
      Tensor rows = g.reshape2d(out, out.dim(0), out.elements() / out.dim(0));
      // random weights, so that each element contributes differently
      Tensor scaled = g.multiply(rows, constants.floats(rows.dim(0), rows.dim(1)));
      Tensor loss = g.crossEntropy(scaled, randomDistribution(constants, rows));
      List<Tensor> gradients = g.differentiate(loss);
      for (int i = 0; i < gradients.size(); i++) {
        g.output("gradient " + i, g.contiguous(gradients.get(i)));
      }
      try (Graph graph = g.build()) {
        for (int i = 0; i < parameters.size(); i++) {
          check(graph, parameters.get(i), i);
        }
      }
    }
  }

  private static Tensor randomDistribution(Constants constants, Tensor like) {
    Tensor labels = constants.floats(like.dim(0), like.dim(1));
    MemorySegment data = labels.data();
    for (long row = 0; row < like.dim(1); row++) {
      float sum = 0;
      for (long i = 0; i < like.dim(0); i++) {
        sum += Math.abs(data.getAtIndex(ValueLayout.JAVA_FLOAT, row * like.dim(0) + i));
      }
      for (long i = 0; i < like.dim(0); i++) {
        long at = row * like.dim(0) + i;
        float share = Math.abs(data.getAtIndex(ValueLayout.JAVA_FLOAT, at)) / sum;
        data.setAtIndex(ValueLayout.JAVA_FLOAT, at, share);
      }
    }
    return labels;
  }

  private static void check(Graph graph, Tensor parameter, int index) {
    compute(graph);
    int count = (int) parameter.elements();
    double[] analytic = new double[count];
    double largest = 0;
    MemorySegment gradient = graph.output("gradient " + index);
    for (int i = 0; i < count; i++) {
      analytic[i] = gradient.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      largest = Math.max(largest, Math.abs(analytic[i]));
    }
    assertThat(largest).as("the loss depends on the parameter").isGreaterThan(1e-4);
    for (int i = 0; i < count; i++) {
      // Richardson extrapolation from two step sizes: the remaining error is of fourth order
      double near = difference(graph, parameter, i, STEP);
      double far = difference(graph, parameter, i, 2 * STEP);
      double expected = (4 * near - far) / 3;
      assertThat(analytic[i])
          .as("parameter %d, element %d of %s", index, i, parameter)
          .isCloseTo(expected, org.assertj.core.data.Offset.offset(BOUND * largest));
    }
  }

  private static double difference(Graph graph, Tensor parameter, int element, float h) {
    MemorySegment data = parameter.data();
    float value = data.getAtIndex(ValueLayout.JAVA_FLOAT, element);
    data.setAtIndex(ValueLayout.JAVA_FLOAT, element, value + h);
    double above = compute(graph);
    data.setAtIndex(ValueLayout.JAVA_FLOAT, element, value - h);
    double below = compute(graph);
    data.setAtIndex(ValueLayout.JAVA_FLOAT, element, value);
    return (above - below) / (2.0 * h);
  }

  private static double compute(Graph graph) {
    graph.input(TrainingBuilder.LOSS_GRADIENT).set(ValueLayout.JAVA_FLOAT, 0, 1f);
    assertThat(backend.compute(graph)).isTrue();
    return graph.output("loss").get(ValueLayout.JAVA_FLOAT, 0);
  }

  @Test
  void rejectsOperationWithoutDerivative() {
    try (TensorContext context = new TensorContext(4);
        TensorBuffer buffer = TensorBuffer.allocateZeroed(1 << 12)) {
      Constants constants = new Constants(context, buffer, new Random(1));
      TrainingBuilder g = new TrainingBuilder();
      Tensor p = constants.floats(6, 5).named("weight");
      g.addParameter(p);
      Tensor loss = g.crossEntropy(g.gelu(p), randomDistribution(constants, p));
      assertThatThrownBy(() -> g.differentiate(loss))
          .isInstanceOf(NativeLibraryException.class)
          .hasMessageContaining("UNARY")
          .hasMessageContaining("has no derivative");
      g.discard();
    }
  }

  @Test
  void rejectsParameterUnrelatedToLoss() {
    try (TensorContext context = new TensorContext(4);
        TensorBuffer buffer = TensorBuffer.allocateZeroed(1 << 12)) {
      Constants constants = new Constants(context, buffer, new Random(1));
      TrainingBuilder g = new TrainingBuilder();
      Tensor p = constants.floats(6, 5);
      Tensor idle = constants.floats(3).named("idle");
      g.addParameter(p);
      g.addParameter(idle);
      Tensor loss = g.crossEntropy(p, randomDistribution(constants, p));
      assertThatThrownBy(() -> g.differentiate(loss))
          .isInstanceOf(NativeLibraryException.class)
          .hasMessageContaining("does not depend on parameter idle");
      g.discard();
    }
  }
}
