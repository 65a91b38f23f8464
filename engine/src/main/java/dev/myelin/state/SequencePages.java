package dev.myelin.state;

import dev.myelin.state.KvState.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * The pages of one sequence as blocks, to be copied to or from files that other sequences share.
 * Blocks are retained or reserved while nobody else uses the pool, and copied at any time after
 * that. Confined to one thread at a time, as the sequence.
 */
public final class SequencePages {
  private final SequenceStates states;
  private final StatePool pool;

  public SequencePages(SequenceStates states) {
    this.states = states;
    pool = states.pool();
  }

  /**
   * The pages of the first {@code length} tokens that are held; the last one may be full in part.
   * Of recurrent states, full pages only, and the states at the end of the last if they are known.
   * They stay as they are until {@link StateBlock#release}.
   */
  public List<StateBlock> retain(int length) {
    List<StateBlock> blocks = new ArrayList<>();
    int pages = length / PageTable.PAGE;
    int end = pool.isRecurrent() ? pages * PageTable.PAGE : length;
    for (PageClass kind : pool.kv().classes()) {
      for (int i = 0; kind.scope() == Scope.SEQUENCE && i < PageTable.pagesOf(end); i++) {
        int page = states.table(kind).page(i);
        if (page >= 0) {
          pool.kv().pool(kind).retain(page);
          int rows = Math.min(PageTable.PAGE, end - i * PageTable.PAGE);
          blocks.add(StateBlock.ofPage(pool, kind, i, page, rows));
        }
      }
    }
    int slot = states.slots().at(pages * PageTable.PAGE);
    if (pool.isRecurrent() && pages > 0 && slot >= 0) {
      pool.recurrent().retain(slot);
      blocks.add(StateBlock.ofSlot(pool, pages, slot));
    }
    return blocks;
  }

  /** Which parts of a sequence's states are stored elsewhere. */
  @FunctionalInterface
  public interface Stored {
    /**
     * Whether a part is stored.
     *
     * @param kind as {@link StateBlock#kind}
     * @param index of the page; of the recurrent states, the number of pages before them
     */
    boolean has(int kind, int index);
  }

  /**
   * The most full pages after which the sequence can continue with the help of what is stored; 0 if
   * that does not reach beyond {@code at}.
   *
   * @param at its length, the end of a page
   * @param most pages at most
   */
  public int reachable(int at, int most, Stored stored) {
    int own = ownPages(at);
    int pages = most;
    while (pages * PageTable.PAGE > at) {
      int missing = missing(own, pages * PageTable.PAGE, stored);
      if (missing < 0) {
        return pages;
      }
      pages = Math.min(pages - 1, missing);
    }
    return 0;
  }

  /**
   * Whether the sequence can continue at a position with the help of what is stored. Recurrent
   * states are stored at the ends of pages only.
   *
   * @param at its length, the end of a page
   * @param position in a page after it
   */
  public boolean reaches(int at, int position, Stored stored) {
    if (pool.isRecurrent() && position % PageTable.PAGE > 0) {
      return false;
    }
    int last = PageTable.pagesOf(position) - 1;
    for (PageClass kind : pool.kv().classes()) {
      // most likely missing
      if (kind.scope() == Scope.SEQUENCE && !stored.has(kind.index(), last)) {
        return false;
      }
    }
    return missing(ownPages(at), position, stored) < 0;
  }

  private int ownPages(int at) {
    return states.continueAt(at) / PageTable.PAGE;
  }

  /** The end of the longest beginning that could do without what is missing; -1 if nothing is. */
  private int missing(int own, int position, Stored stored) {
    int pages = PageTable.pagesOf(position);
    for (PageClass kind : pool.kv().classes()) {
      int first = kind.window().begin(position) / PageTable.PAGE;
      for (int i = first; kind.scope() == Scope.SEQUENCE && i < pages; i++) {
        boolean isHeld = i < own && states.table(kind).page(i) >= 0;
        if (!isHeld && !stored.has(kind.index(), i)) {
          return kind.window().isPresent() ? pages - 1 : i;
        }
      }
    }
    boolean hasSlot = !pool.isRecurrent() || stored.has(StateBlock.RECURRENT, pages);
    return hasSlot ? -1 : pages - 1;
  }

  /**
   * Takes memory for what {@link #reachable} or {@link #reaches} has found. The sequence stays as
   * it is until {@link #filled}.
   *
   * @param at as there
   * @param position where the sequence continues
   * @throws dev.myelin.error.CapacityException if there is no room; nothing is taken
   */
  public List<StateBlock> reserve(int at, int position) {
    int own = ownPages(at);
    int pages = PageTable.pagesOf(position);
    states.cut(own * PageTable.PAGE);
    List<StateBlock> blocks = new ArrayList<>();
    try {
      for (PageClass kind : pool.kv().classes()) {
        if (kind.scope() == Scope.SEQUENCE) {
          int first = kind.window().begin(position) / PageTable.PAGE;
          for (int i = Math.max(own, first); i < pages; i++) {
            states.table(kind).take(i, pages - i);
            blocks.add(
                StateBlock.ofPage(pool, kind, i, states.table(kind).page(i), PageTable.PAGE));
          }
        }
      }
      if (pool.isRecurrent()) {
        states.slots().takeWriteSlot();
        blocks.add(StateBlock.ofSlot(pool, pages, states.slots().writeSlot()));
      }
    } catch (RuntimeException e) {
      abandon();
      throw e;
    }
    return blocks;
  }

  /** Gives back what {@link #reserve} took. */
  public void abandon() {
    states.rollback();
  }

  /**
   * What was reserved is filled: the sequence has {@code length} tokens.
   *
   * @param tokens all tokens of the sequence
   */
  public void filled(int length, int[] tokens) {
    states.commit(length, tokens);
  }
}
