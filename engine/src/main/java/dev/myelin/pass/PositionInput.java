package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The positions of a batch, i32 [tokens]. */
record PositionInput(Tensor tensor) implements GraphInput {
  private static final String NAME = "positions";

  static PositionInput of(GraphBuilder g, int tokens) {
    return new PositionInput(g.input(NAME, GgmlType.I32, tokens));
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    MemorySegment data = graph.input(NAME);
    int at = 0;
    for (Segment s : batch.segments()) {
      for (int position = s.position(); position < s.end(); position++) {
        data.setAtIndex(ValueLayout.JAVA_INT, at++, position);
      }
    }
  }
}
