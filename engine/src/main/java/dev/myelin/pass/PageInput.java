package dev.myelin.pass;

import dev.myelin.graph.CachePages;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.state.KvState;
import dev.myelin.state.KvState.Scope;
import dev.myelin.state.PageTable;
import dev.myelin.state.SequenceStates;
import dev.myelin.state.Window;

/**
 * The pages of a window and scope, and the positions that each token sees.
 *
 * @param isCausal whether a token sees no later positions
 */
record PageInput(
    CachePages pages,
    String name,
    PageTable table,
    Window window,
    Scope scope,
    boolean isCausal,
    SequenceStates states)
    implements GraphInput {
  static PageInput of(
      GraphBuilder g,
      String name,
      KvState state,
      boolean isCausal,
      SequenceStates states,
      int tokens) {
    PageTable table = states.kv().table(state);
    CachePages pages = CachePages.input(g, name, table.entries(), tokens);
    return new PageInput(pages, name, table, state.window(), state.scope(), isCausal, states);
  }

  @Override
  public Tensor tensor() {
    return pages.table();
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    int[] ranges = new int[2 * batch.count()];
    for (int i = 0; i < batch.count(); i++) {
      int position = scope == Scope.SEQUENCE ? batch.position() + i : i;
      ranges[2 * i] = scope == Scope.ENCODER ? 0 : window.begin(position);
      ranges[2 * i + 1] = end(position, batch);
    }
    CachePages.fill(graph, name, table.firstCells(), ranges, table.cells());
  }

  private int end(int position, Batch batch) {
    if (scope == Scope.ENCODER) {
      return states.encoderLength();
    }
    if (isCausal) {
      return position + 1;
    }
    return window.end(position, scope == Scope.SEQUENCE ? batch.end() : batch.count());
  }
}
