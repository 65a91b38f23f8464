package dev.myelin.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.myelin.gguf.GgmlType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The observed inputs of a matrix for each head, which are a part of wider rows. */
class MatmulInputTest {
  private static final int WIDE = 6;
  private static final int SIZE = 4;
  private static final int HEADS = 3;
  private static final int TOKENS = 2;

  @Test
  void rowsOfPartsOfHeads() {
    GraphBuilder g = new GraphBuilder();
    Tensor x = g.input("x", GgmlType.F32, WIDE, HEADS, TOKENS);
    Tensor w = g.input("w", GgmlType.F32, SIZE, 5, HEADS);
    Tensor ids = g.input("ids", GgmlType.I32, HEADS, TOKENS);
    g.observe("w"::equals);
    Tensor part =
        g.view3d(x, SIZE, HEADS, TOKENS, x.stride(1), x.stride(2), (WIDE - SIZE) * Float.BYTES);
    g.output("out", g.matmulExperts(w, part, ids));
    List<String> rows = new ArrayList<>();
    try (Graph graph = g.build();
        Backend backend = Backend.cpu(1)) {
      float[] values = new float[WIDE * HEADS * TOKENS];
      for (int i = 0; i < values.length; i++) {
        values[i] = i;
      }
      MemorySegment.copy(values, 0, graph.input("x"), ValueLayout.JAVA_FLOAT, 0, values.length);
      graph.input("w").fill((byte) 0);
      graph.input("ids").copyFrom(MemorySegment.ofArray(new int[] {0, 1, 2, 0, 1, 2}));
      assertThat(backend.compute(graph)).isTrue();
      assertThat(graph.matmulInputs()).hasSize(1);
      MatmulInput input = graph.matmulInputs().getFirst();
      assertThat(input.matrixCount()).isEqualTo(HEADS);
      assertThat(input.columns()).isEqualTo(SIZE);
      input.forEachRow(
          (matrix, all, offset) ->
              rows.add(matrix + ": " + all.getAtIndex(ValueLayout.JAVA_FLOAT, offset)));
    }
    assertThat(rows)
        .containsExactly("0: 2.0", "1: 8.0", "2: 14.0", "0: 20.0", "1: 26.0", "2: 32.0");
  }
}
