package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The tokens of a batch that have outputs, i32 [outputs].
 *
 * @param isFirst whether these are the first tokens of the sequences, not the last ones
 */
record OutputInput(Tensor tensor, boolean isFirst) implements GraphInput {
  private static final String NAME = "outputs";

  static OutputInput of(GraphBuilder g, int outputs, boolean isFirst) {
    return new OutputInput(g.input(NAME, GgmlType.I32, outputs), isFirst);
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    MemorySegment data = graph.input(NAME);
    int at = 0;
    int end = 0;
    for (Segment s : batch.segments()) {
      int from = isFirst ? end : end + s.count() - s.outputs();
      for (int i = 0; i < s.outputs(); i++) {
        data.setAtIndex(ValueLayout.JAVA_INT, at++, from + i);
      }
      end += s.count();
    }
  }
}
