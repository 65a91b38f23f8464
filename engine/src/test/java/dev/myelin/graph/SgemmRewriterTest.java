package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.Isa;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the native f32 matmuls of training graphs with ggml's. */
class SgemmRewriterTest {
  /** Bound relative to sqrt(k), for values between -1 and 1 summed in two different orders. */
  private static final double BOUND = 1e-5;

  /** Builds the operation from the inputs. */
  private interface Operation {
    Tensor apply(GraphBuilder g, Tensor a, Tensor b);
  }

  private record Case(String name, Operation operation, long[] a, long[] b, long k) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> cases() {
    Operation matmul = GraphBuilder::matmul;
    Operation outer = GraphBuilder::outerProduct;
    return List.of(
        new Case("matmul", matmul, s(64, 48), s(64, 40), 64),
        new Case("matmul of odd sizes", matmul, s(401, 37), s(401, 19), 401),
        new Case("matmul by one column", matmul, s(100, 70), s(100, 1), 100),
        new Case("dot product", matmul, s(9001, 1), s(9001, 1), 9001),
        new Case("matmul with grouped heads", matmul, s(32, 50, 2, 3), s(32, 70, 8, 3), 32),
        new Case(
            "matmul with permuted heads",
            (g, a, b) -> g.matmul(a, g.permute(b, 0, 2, 1, 3)),
            s(32, 50, 4),
            s(32, 4, 70),
            32),
        new Case("outer product", outer, s(48, 64), s(40, 64), 64),
        new Case("outer product of odd sizes", outer, s(37, 401), s(19, 401), 401),
        new Case("outer product of heads", outer, s(32, 50, 2, 3), s(70, 50, 8, 3), 50),
        new Case(
            "outer product with a transposed operand",
            (g, a, b) -> g.outerProduct(a, g.permute(b, 1, 0, 2, 3)),
            s(33, 130, 2),
            s(130, 45, 2),
            130));
  }

  private static long[] s(long... dims) {
    return dims;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void matchesGgml(Case c) {
    float[] expected = compute(new GraphBuilder(), c, 1);
    float[] actual = compute(new TrainingBuilder(), c, 1);
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(Math.abs(actual[i] - expected[i])).isLessThan((float) (BOUND * Math.sqrt(c.k)));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultDoesNotDependOnThreadCount(Case c) {
    float[] expected = compute(new TrainingBuilder(), c, 1);
    for (int threads = 2; threads <= 4; threads++) {
      assertThat(compute(new TrainingBuilder(), c, threads)).isEqualTo(expected);
    }
  }

  @Test
  void replacesMatmulNodes() {
    assumeFalse(Isa.sgemm().equals("scalar"), "this processor has only the scalar SGEMM");
    for (Case c : cases()) {
      TrainingBuilder builder = new TrainingBuilder();
      Tensor result = buildNode(builder, c);
      try (Graph graph = builder.build()) {
        int op = ggml_tensor.op(result.struct());
        assertThat(Ggml_h.ggml_op_name(op).getString(0)).as(c.name).isEqualTo("CUSTOM");
        assertThat(graph.computeBufferBytes()).isPositive();
      }
    }
  }

  private static Tensor buildNode(GraphBuilder builder, Case c) {
    Tensor a = builder.input("a", GgmlType.F32, c.a);
    Tensor b = builder.input("b", GgmlType.F32, c.b);
    Tensor result = c.operation.apply(builder, a, b);
    builder.output("result", result);
    return result;
  }

  private static float[] compute(GraphBuilder builder, Case c, int threads) {
    buildNode(builder, c);
    try (Graph graph = builder.build();
        Backend backend = Backend.cpu(threads)) {
      Random random = new Random(3);
      fill(graph.input("a"), random);
      fill(graph.input("b"), random);
      assertThat(backend.compute(graph)).isTrue();
      return graph.output("result").toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static void fill(MemorySegment values, Random random) {
    for (long i = 0; i < values.byteSize() / Float.BYTES; i++) {
      values.setAtIndex(ValueLayout.JAVA_FLOAT, i, 2 * random.nextFloat() - 1);
    }
  }
}
