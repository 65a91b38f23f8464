package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The token ids of a batch, i32 [tokens]. */
record TokenInput(Tensor tensor) implements GraphInput {
  private static final String NAME = "tokens";

  static TokenInput of(GraphBuilder g, int tokens) {
    return new TokenInput(g.input(NAME, GgmlType.I32, tokens));
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    MemorySegment data = graph.input(NAME);
    long at = 0;
    for (Segment s : batch.segments()) {
      MemorySegment.copy(s.ids(), s.from(), data, ValueLayout.JAVA_INT, at, s.count());
      at += s.count() * (long) Integer.BYTES;
    }
  }
}
