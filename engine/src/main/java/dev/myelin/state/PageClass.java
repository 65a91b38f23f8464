package dev.myelin.state;

import dev.myelin.state.KvState.Scope;

/**
 * A window and scope: all states that have both keep the same positions, and share page tables.
 * Immutable and thread-safe.
 *
 * @param index number of the class in its model, from 0
 */
record PageClass(int index, Window window, Scope scope) {
  boolean is(KvState state) {
    return scope == state.scope() && window.equals(state.window());
  }

  /** The number of positions that one sequence may ask for. */
  int length(StateOptions options) {
    return scope == Scope.PASS ? options.batch() : options.contextLength();
  }

  /** The most pages that the tokens of a batch of one sequence see. */
  int pagesOfSequence(StateOptions options) {
    int all = Math.ceilDiv(length(options), PageTable.PAGE);
    if (!window.isPresent() || scope != Scope.SEQUENCE) {
      return all;
    }
    long seen = (long) window.size() + options.batch();
    return (int) Math.min(all, Math.ceilDiv(seen, PageTable.PAGE) + 1);
  }

  /** The pages for all sequences. */
  int pages(StateOptions options) {
    int one = pagesOfSequence(options);
    int sequences = options.sequences();
    if (scope == Scope.PASS) {
      // each sequence of a batch starts a page
      return one + Math.min(options.batch(), sequences) - 1;
    }
    long all = (long) one * sequences;
    if (scope == Scope.SEQUENCE && options.cachePages() > 0) {
      all = Math.min(all, Math.max(one, options.cachePages()));
    }
    return Math.toIntExact(all);
  }

  // not the generated methods: see Window
  @Override
  public boolean equals(Object other) {
    return other instanceof PageClass c && index == c.index;
  }

  @Override
  public int hashCode() {
    return index;
  }
}
