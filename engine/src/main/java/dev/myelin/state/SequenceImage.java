package dev.myelin.state;

import dev.myelin.state.KvState.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * The states of one sequence as a list of blocks, to be copied to or from a file. Blocks are
 * retained or reserved while nobody else uses the pool, and copied at any time after that. Confined
 * to one thread at a time, as the sequence.
 */
public final class SequenceImage {
  private final SequenceStates states;
  private final StatePool pool;

  public SequenceImage(SequenceStates states) {
    this.states = states;
    pool = states.pool();
  }

  /** What is stored of the first {@code length} tokens, and is needed to continue after them. */
  public StateExtent extent(int length) {
    if (!states.canContinueAt(length)) {
      return StateExtent.ofTokens(length, pool.kv().classes().size());
    }
    List<StateExtent.Pages> pages = new ArrayList<>();
    for (PageClass kind : pool.kv().classes()) {
      int end = PageTable.pagesOf(kind.scope() == Scope.ENCODER ? states.encoderLength() : length);
      if (kind.scope() == Scope.PASS) {
        pages.add(StateExtent.Pages.NONE);
      } else {
        // a page more than needed, so that the sequence can be shortened by a few tokens
        int wanted = kind.window().begin(Math.max(0, length - PageTable.PAGE)) / PageTable.PAGE;
        int first = Math.min(end, Math.max(states.table(kind).firstHeld(end), wanted));
        pages.add(new StateExtent.Pages(first, end - first));
      }
    }
    return new StateExtent(length, states.encoderLength(), true, pages);
  }

  /**
   * Whether an extent holds what the sequence needs to continue after it, and no more than it can
   * have.
   */
  public boolean isPossible(StateExtent extent) {
    List<PageClass> classes = pool.kv().classes();
    if (extent.pages().size() != classes.size()) {
      return false;
    }
    for (PageClass kind : classes) {
      StateExtent.Pages pages = extent.pages().get(kind.index());
      boolean isEncoder = kind.scope() == Scope.ENCODER;
      int length = isEncoder ? extent.encoderLength() : extent.length();
      boolean isStored = extent.hasStates() && kind.scope() != Scope.PASS;
      int end = isStored ? PageTable.pagesOf(length) : 0;
      int needed = isStored && !isEncoder ? kind.window().begin(length) / PageTable.PAGE : 0;
      if (pages.first() < 0
          || pages.first() > Math.min(needed, end)
          || pages.count() != end - pages.first()) {
        return false;
      }
    }
    return true;
  }

  /**
   * The blocks of an extent: the pages of each class, then the recurrent states. They stay as they
   * are until {@link StateBlock#release}.
   */
  public List<StateBlock> retain(StateExtent extent) {
    List<StateBlock> blocks = new ArrayList<>();
    for (PageClass kind : pool.kv().classes()) {
      StateExtent.Pages pages = extent.pages().get(kind.index());
      int length = kind.scope() == Scope.ENCODER ? extent.encoderLength() : extent.length();
      for (int i = pages.first(); i < pages.first() + pages.count(); i++) {
        int page = states.table(kind).page(i);
        pool.kv().pool(kind).retain(page);
        int rows = Math.min(PageTable.PAGE, length - i * PageTable.PAGE);
        blocks.add(StateBlock.ofPage(pool, kind, i, page, rows));
      }
    }
    if (hasSlot(extent)) {
      int held = states.slots().at(extent.length());
      pool.recurrent().retain(held);
      blocks.add(StateBlock.ofSlot(pool, 0, held));
    }
    return blocks;
  }

  private boolean hasSlot(StateExtent extent) {
    return extent.hasStates() && pool.isRecurrent();
  }

  /**
   * Takes memory for an extent, in the order of {@link #retain}. Pages that are not needed are left
   * out where there is no room. The sequence stays empty until {@link #restored}.
   *
   * @throws dev.myelin.error.CapacityException if there is no room; nothing is taken
   */
  public List<StateBlock> reserve(StateExtent extent) {
    states.cut(0);
    try {
      for (PageClass kind : pool.kv().classes()) {
        StateExtent.Pages pages = extent.pages().get(kind.index());
        reserve(kind, pages, extent.length());
      }
      if (hasSlot(extent)) {
        states.slots().takeWriteSlot();
      }
    } catch (RuntimeException e) {
      abandon();
      throw e;
    }
    List<StateBlock> blocks = new ArrayList<>();
    for (PageClass kind : pool.kv().classes()) {
      StateExtent.Pages pages = extent.pages().get(kind.index());
      for (int i = pages.first(); i < pages.first() + pages.count(); i++) {
        blocks.add(StateBlock.ofPage(pool, kind, i, states.table(kind).page(i), PageTable.PAGE));
      }
    }
    if (hasSlot(extent)) {
      blocks.add(StateBlock.ofSlot(pool, 0, states.slots().writeSlot()));
    }
    return blocks;
  }

  private void reserve(PageClass kind, StateExtent.Pages pages, int length) {
    int needed = kind.scope() == Scope.SEQUENCE ? kind.window().begin(length) / PageTable.PAGE : 0;
    for (int i = pages.first() + pages.count() - 1; i >= pages.first(); i--) {
      if (i < needed && pool.kv().pool(kind).free() == 0) {
        break;
      }
      states.table(kind).take(i, i + 1 - Math.max(needed, pages.first()));
    }
  }

  /** Gives back what was reserved. */
  public void abandon() {
    for (PageClass kind : pool.kv().classes()) {
      states.table(kind).truncate(0);
    }
    states.rollback();
  }

  /**
   * The blocks that were reserved are filled.
   *
   * @param tokens all tokens of the sequence
   */
  public void restored(StateExtent extent, int[] tokens) {
    states.commitEncoder(extent.encoderLength());
    if (extent.hasStates()) {
      states.commit(extent.length(), tokens);
    }
  }
}
