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
    for (int i = 0; i < batch.outputs(); i++) {
      data.setAtIndex(ValueLayout.JAVA_INT, i, batch.count() - batch.outputs() + i);
    }
  }
}
