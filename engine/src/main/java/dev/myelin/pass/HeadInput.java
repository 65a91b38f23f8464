package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The numbers of heads, from 0, for each token: i32 [heads, tokens]. */
record HeadInput(Tensor tensor, String name) implements GraphInput {
  static HeadInput of(GraphBuilder g, String name, int heads, int tokens) {
    return new HeadInput(g.input(name, GgmlType.I32, heads, tokens), name);
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    MemorySegment data = graph.input(name);
    long heads = tensor.dim(0);
    for (long i = 0; i < heads * tensor.dim(1); i++) {
      data.setAtIndex(ValueLayout.JAVA_INT, i, (int) (i % heads));
    }
  }
}
