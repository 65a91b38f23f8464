package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The temperature of each token's queries, f32 [1, 1, tokens]. */
record TemperatureInput(Tensor tensor, String name, Temperature temperature) implements GraphInput {
  static TemperatureInput of(GraphBuilder g, String name, Temperature temperature, int tokens) {
    return new TemperatureInput(g.input(name, GgmlType.F32, 1, 1, tokens), name, temperature);
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    MemorySegment data = graph.input(name);
    for (int i = 0; i < batch.count(); i++) {
      data.setAtIndex(ValueLayout.JAVA_FLOAT, i, temperature.at(batch.position() + i));
    }
  }
}
