package dev.myelin.pass;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.CachePages;
import dev.myelin.graph.Graph;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.state.KvCache;
import dev.myelin.state.KvState;
import dev.myelin.state.KvState.Scope;
import dev.myelin.state.PageTable;
import dev.myelin.state.Window;

/**
 * The pages that the tokens of a batch see, and the range of each token. The pages of the sequences
 * follow each other in one table, so that a range is one of positions in this table: a multiple of
 * 64 away from those in the sequence.
 *
 * @param positions i32 [tokens], the tokens' positions in the table
 * @param isCausal whether a token sees no later positions
 */
record PageInput(
    CachePages pages, Tensor positions, String name, KvState state, boolean isCausal, long cells)
    implements GraphInput {
  private static final int PAGE = PageTable.PAGE;

  static PageInput of(
      GraphBuilder g, String name, KvState state, boolean isCausal, KvCache kv, int tokens) {
    CachePages pages = CachePages.input(g, name, kv.visiblePages(state, tokens), tokens);
    Tensor positions = g.input(name + "_positions", GgmlType.I32, tokens);
    return new PageInput(pages, positions, name, state, isCausal, kv.cells(state));
  }

  @Override
  public Tensor tensor() {
    return pages.table();
  }

  @Override
  public void fill(Graph graph, Batch batch) {
    int[] firstCells = new int[(int) pages.table().elements()];
    int[] ranges = new int[(int) pages.ranges().elements()];
    int[] at = new int[ranges.length / 2];
    int used = 0;
    int token = 0;
    for (Segment s : batch.segments()) {
      PageTable table = s.states().table(state);
      int start = state.scope() == Scope.SEQUENCE ? s.position() : 0;
      int first = begin(start) / PAGE;
      int offset = (used - first) * PAGE;
      int end = 0;
      for (int i = 0; i < s.count(); i++, token++) {
        int seen = end(start + i, s);
        at[token] = start + i + offset;
        ranges[2 * token] = begin(start + i) + offset;
        ranges[2 * token + 1] = seen + offset;
        end = Math.max(end, seen);
      }
      for (int page = first; page * PAGE < end; page++) {
        firstCells[used++] = table.firstCell(page);
      }
    }
    CachePages.fill(graph, name, firstCells, used, ranges, cells);
    if (positions.hasMemory()) {
      graph.fill(positions, at);
    }
  }

  private int begin(int position) {
    return state.scope() == Scope.ENCODER ? 0 : state.window().begin(position);
  }

  private int end(int position, Segment s) {
    if (state.scope() == Scope.ENCODER) {
      return s.states().encoderLength();
    }
    if (isCausal) {
      return position + 1;
    }
    Window window = state.window();
    return window.end(position, state.scope() == Scope.SEQUENCE ? s.end() : s.count());
  }
}
