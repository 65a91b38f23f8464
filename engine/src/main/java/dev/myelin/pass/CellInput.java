package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.state.KvState;
import dev.myelin.state.KvState.Scope;
import dev.myelin.state.PageTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The cells that the tokens of a batch are written to, i64 [tokens]. */
record CellInput(Tensor tensor, String name, KvState state) implements GraphInput {
  static CellInput of(GraphBuilder g, String name, KvState state, int tokens) {
    return new CellInput(g.input(name, GgmlType.I64, tokens), name, state);
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    MemorySegment data = graph.input(name);
    int at = 0;
    for (Segment s : batch.segments()) {
      PageTable table = s.states().table(state);
      int first = state.scope() == Scope.SEQUENCE ? s.position() : 0;
      for (int i = 0; i < s.count(); i++) {
        data.setAtIndex(ValueLayout.JAVA_LONG, at++, table.cell(first + i));
      }
    }
  }
}
