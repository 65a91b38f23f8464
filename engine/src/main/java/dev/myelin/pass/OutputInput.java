package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The tokens of a batch that have outputs, i32 [outputs]. */
record OutputInput(Tensor tensor) implements GraphInput {
  private static final String NAME = "outputs";

  static OutputInput of(GraphBuilder g, int outputs) {
    return new OutputInput(g.input(NAME, GgmlType.I32, outputs));
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    MemorySegment data = graph.input(NAME);
    int at = 0;
    int end = 0;
    for (Segment s : batch.segments()) {
      end += s.count();
      for (int i = end - s.outputs(); i < end; i++) {
        data.setAtIndex(ValueLayout.JAVA_INT, at++, i);
      }
    }
  }
}
