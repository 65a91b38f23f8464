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
    int at = 0;
    for (Segment s : batch.segments()) {
      for (int position = s.position(); position < s.end(); position++) {
        data.setAtIndex(ValueLayout.JAVA_FLOAT, at++, temperature.at(position));
      }
    }
  }
}
