package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class GraphTest {
  @Test
  void fillsInputsAndReadsOutputs() {
    GraphBuilder g = new GraphBuilder();
    Tensor table = g.input("table", GgmlType.F32, 2, 3);
    Tensor ids = g.input("ids", GgmlType.I32, 2);
    g.output("rows", g.getRows(table, ids));
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(1)) {
      graph.fill("table", new float[] {0, 1, 2, 3, 4, 5});
      graph.fill(ids, new int[] {2, 0});
      assertThat(backend.compute(graph)).isTrue();
      float[] rows = new float[4];
      graph.read("rows", rows);
      assertThat(rows).containsExactly(4, 5, 0, 1);
      assertThat(graph.operations()).containsExactly("GET_ROWS");
    }
  }

  @Test
  void rejectsWrongNamesSizesAndTypes() {
    GraphBuilder g = new GraphBuilder();
    Tensor x = g.input("x", GgmlType.F32, 3);
    Tensor y = g.square(x);
    g.output("y", y);
    g.output("t", g.permute(g.reshape2d(y, 3, 1), 1, 0, 2, 3));
    List<Consumer<Graph>> wrong =
        List.of(
            graph -> graph.fill("z", new float[3]),
            graph -> graph.fill("x", new float[2]),
            graph -> graph.fill("x", new float[4]),
            graph -> graph.fill("x", new int[3]),
            graph -> graph.fill("x", new long[3]),
            graph -> graph.fill(y, new float[3]),
            graph -> graph.read("x", new float[3]),
            graph -> graph.read("y", new float[2]),
            graph -> graph.read("y", new int[3]));
    Graph graph = g.build();
    for (Consumer<Graph> call : wrong) {
      assertThatThrownBy(() -> call.accept(graph))
          .isInstanceOf(MyelinException.class)
          .hasMessageContaining("graph: ");
    }
    graph.close();
    assertThatThrownBy(() -> graph.fill("x", new float[3]))
        .isInstanceOf(MyelinException.class)
        .hasMessageContaining("closed");
  }

  /** More tensors than a block has, more leaves than nodes, and none at all. */
  @Test
  void graphsGrowAsNeeded() {
    GraphBuilder g = new GraphBuilder();
    Tensor sum = g.input("0", GgmlType.F32, 1);
    for (int i = 1; i < 2500; i++) {
      sum = g.add(sum, g.input(Integer.toString(i), GgmlType.F32, 1));
    }
    g.output("sum", sum);
    float[] actual = new float[1];
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(1)) {
      for (int i = 0; i < 2500; i++) {
        graph.fill(Integer.toString(i), new float[] {i});
      }
      assertThat(backend.compute(graph)).isTrue();
      graph.read("sum", actual);
    }
    assertThat(actual[0]).isEqualTo(2499 * 1250f);
    try (Graph graph = new GraphBuilder().build()) {
      assertThat(graph.operations()).isEmpty();
    }
  }

  @Test
  void namesTheFirstOperationThatDependsOnTheBatch() {
    assertThat(invariance(false, false).isInvariant()).isTrue();
    assertThat(invariance(true, false).variant()).isEqualTo("MUL_MAT w");
    assertThat(invariance(false, true).variant()).startsWith("SOFT_MAX");
  }

  private static BatchInvariance invariance(boolean isMatmulByGgml, boolean hasMask) {
    GraphBuilder g = new GraphBuilder();
    Tensor w = g.input("w", GgmlType.F32, 32, 4);
    Tensor x = g.rmsNorm(g.input("x", GgmlType.F32, 32, 2), 1e-5f);
    Tensor y = g.hadamard(g.silu(x));
    if (isMatmulByGgml) {
      y = g.matmul(w, y);
    }
    y = hasMask ? g.softmax(y, g.input("mask", GgmlType.F32, 32, 2), 1) : g.softmax(y);
    g.output("y", y);
    try (Graph graph = g.build()) {
      return BatchInvariance.of(graph);
    }
  }
}
