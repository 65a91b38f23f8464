package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.state.KvState.Scope;
import dev.myelin.state.PageTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The cells that the tokens of a batch are written to, i64 [tokens]. */
record CellInput(Tensor tensor, String name, PageTable table, Scope scope) implements GraphInput {
  static CellInput of(GraphBuilder g, String name, PageTable table, Scope scope, int tokens) {
    return new CellInput(g.input(name, GgmlType.I64, tokens), name, table, scope);
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    MemorySegment data = graph.input(name);
    int first = scope == Scope.SEQUENCE ? batch.position() : 0;
    for (int i = 0; i < batch.count(); i++) {
      data.setAtIndex(ValueLayout.JAVA_LONG, i, table.cell(first + i));
    }
  }
}
