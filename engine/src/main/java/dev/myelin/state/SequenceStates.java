package dev.myelin.state;

import dev.myelin.state.KvState.Scope;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of one sequence: the pages of its keys and values, and its recurrent states. A pass is
 * announced by {@link #begin}, and ended by {@link #commit} or {@link #rollback}. Confined to one
 * thread at a time, which uses no other sequence of the pool meanwhile.
 */
public final class SequenceStates implements AutoCloseable {
  private final StatePool pool;
  private final PageTable[] tables;
  // the nodes of the full pages that are in the prefix cache
  private final List<PrefixNode> path = new ArrayList<>();
  private int position;
  private int encoderLength;
  // the recurrent states are those before this position
  private int slotPosition;
  private int slot;
  private int writeSlot;
  private boolean open = true;

  SequenceStates(StatePool pool) {
    this.pool = pool;
    List<PageClass> classes = pool.kv().classes();
    tables = new PageTable[classes.size()];
    for (PageClass kind : classes) {
      tables[kind.index()] = new PageTable(pool.kv(), kind);
    }
    slot = pool.recurrent().zeros();
    writeSlot = slot;
  }

  /** A sequence with the same tokens up to {@code length}, which reads the same pages. */
  public SequenceStates fork(int length) {
    SequenceStates copy = pool.open();
    for (PageClass kind : pool.kv().classes()) {
      int end = kind.scope() == Scope.ENCODER ? encoderLength : length;
      if (kind.scope() != Scope.PASS) {
        copy.table(kind).share(table(kind), end);
      }
    }
    copy.path.addAll(path.subList(0, Math.min(path.size(), length / PageTable.PAGE)));
    copy.position = length;
    copy.encoderLength = encoderLength;
    copy.slot = slot;
    copy.slotPosition = slotPosition;
    pool.recurrent().retain(slot);
    return copy;
  }

  PageTable table(PageClass kind) {
    return tables[kind.index()];
  }

  /** The page table of a state. */
  public PageTable table(KvState state) {
    return table(pool.kv().kind(state));
  }

  /** The nodes of the sequence's pages in the prefix cache, from the first page on. */
  List<PrefixNode> path() {
    return path;
  }

  /** Has pages of the prefix cache now. */
  void extended(List<PrefixNode> nodes) {
    path.clear();
    path.addAll(nodes);
    position = nodes.size() * PageTable.PAGE;
    if (pool.isRecurrent()) {
      pool.recurrent().release(slot);
      slot = nodes.getLast().slot();
      pool.recurrent().retain(slot);
      slotPosition = position;
    }
  }

  /**
   * Takes pages of other sequences with the same tokens, if there are any, and if the sequence ends
   * with a full page.
   *
   * @param ids tokens, the sequence's next ones from index {@code from} on
   * @return how many of them need not be computed, less than {@code count}
   */
  public int extend(int at, int[] ids, int from, int count) {
    PrefixCache prefixes = pool.prefixes();
    if (prefixes == null || at % PageTable.PAGE != 0) {
      return 0;
    }
    rewind(at);
    return path.size() * PageTable.PAGE == at ? prefixes.extend(this, ids, from, count) : 0;
  }

  /** Whether both have the same tokens up to {@code end}, the end of a page, as far as known. */
  public boolean isSamePrefix(SequenceStates other, int end) {
    int pages = end / PageTable.PAGE;
    return pool.prefixes() != null
        && path.size() >= pages
        && other.path.size() >= pages
        && (pages == 0 || path.get(pages - 1) == other.path.get(pages - 1));
  }

  /**
   * How many tokens to compute in one pass: a recurrent state is kept at the end of the last full
   * page, for other sequences.
   *
   * @param count at most
   */
  public int lengthOfPiece(int at, int count) {
    int end = at + count;
    int lastPage = end / PageTable.PAGE * PageTable.PAGE;
    boolean cuts = pool.isRecurrent() && pool.prefixes() != null && lastPage > at;
    return cuts ? lastPage - at : count;
  }

  /**
   * Whether a token at {@code position} can be computed from what is stored; if not, the sequence
   * is computed again from its beginning. A window drops old positions, and a recurrent state is of
   * one position only.
   */
  public boolean canContinueAt(int position) {
    for (PageClass kind : pool.kv().classes()) {
      if (kind.scope() == Scope.SEQUENCE
          && !table(kind).holds(kind.window().begin(position), position)) {
        return false;
      }
    }
    return !pool.isRecurrent() || position == 0 || position == slotPosition;
  }

  /**
   * Announces a pass over positions [position, end).
   *
   * @throws dev.myelin.error.CapacityException if there are not enough pages; the sequence keeps
   *     the positions before
   */
  public void begin(int position, int end) {
    rewind(position);
    this.position = position;
    write(Scope.SEQUENCE, position, end);
    write(Scope.PASS, 0, end - position);
    takeSlot();
  }

  private void rewind(int position) {
    int pages = position / PageTable.PAGE;
    while (path.size() > pages) {
      path.removeLast();
    }
    for (PageClass kind : pool.kv().classes()) {
      if (kind.scope() == Scope.SEQUENCE) {
        table(kind).truncate(position);
      }
    }
  }

  /** Announces a pass of the encoder over all its positions. */
  public void beginEncoder(int length) {
    encoderLength = 0;
    write(Scope.ENCODER, 0, length);
    write(Scope.PASS, 0, length);
  }

  private void write(Scope scope, int from, int to) {
    for (PageClass kind : pool.kv().classes()) {
      if (kind.scope() == scope) {
        try {
          table(kind).write(from, to);
        } catch (RuntimeException e) {
          rollback();
          throw e;
        }
      }
    }
  }

  private void takeSlot() {
    if (pool.isRecurrent()) {
      try {
        writeSlot = pool.takeSlot();
      } catch (RuntimeException e) {
        rollback();
        throw e;
      }
    }
  }

  /** Ends a pass that failed or was not computed. */
  public void rollback() {
    rewind(position);
    releasePass();
    dropWriteSlot();
  }

  private void dropWriteSlot() {
    if (writeSlot != slot) {
      pool.recurrent().release(writeSlot);
      writeSlot = slot;
    }
  }

  /**
   * Ends a pass that succeeded.
   *
   * @param tokens all tokens of the sequence up to {@code end}
   */
  public void commit(int end, int[] tokens) {
    position = end;
    if (writeSlot != slot) {
      pool.recurrent().release(slot);
      slot = writeSlot;
    }
    slotPosition = end;
    releasePass();
    PrefixCache prefixes = pool.prefixes();
    if (prefixes != null) {
      prefixes.add(this, tokens, end);
    }
  }

  /** Ends a pass of the encoder that succeeded. */
  public void commitEncoder(int length) {
    encoderLength = length;
    releasePass();
  }

  private void releasePass() {
    for (PageClass kind : pool.kv().classes()) {
      if (kind.scope() == Scope.PASS) {
        table(kind).truncate(0);
      }
    }
  }

  /** What is stored of the first {@code length} tokens, and is needed to continue after them. */
  public StateExtent extent(int length) {
    if (!canContinueAt(length)) {
      return StateExtent.ofTokens(length, pool.kv().classes().size());
    }
    List<StateExtent.Pages> pages = new ArrayList<>();
    for (PageClass kind : pool.kv().classes()) {
      int end = PageTable.pagesOf(kind.scope() == Scope.ENCODER ? encoderLength : length);
      if (kind.scope() == Scope.PASS) {
        pages.add(StateExtent.Pages.NONE);
      } else {
        // a page more than needed, so that the sequence can be shortened by a few tokens
        int wanted = kind.window().begin(Math.max(0, length - PageTable.PAGE)) / PageTable.PAGE;
        int first = Math.min(end, Math.max(table(kind).firstHeld(end), wanted));
        pages.add(new StateExtent.Pages(first, end - first));
      }
    }
    return new StateExtent(length, encoderLength, true, pages);
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
   * are until {@link #release}.
   */
  public List<StateBlock> retain(StateExtent extent) {
    List<StateBlock> blocks = new ArrayList<>();
    for (PageClass kind : pool.kv().classes()) {
      StateExtent.Pages pages = extent.pages().get(kind.index());
      int length = kind.scope() == Scope.ENCODER ? extent.encoderLength() : extent.length();
      for (int i = pages.first(); i < pages.first() + pages.count(); i++) {
        int page = table(kind).page(i);
        pool.kv().pool(kind).retain(page);
        int rows = Math.min(PageTable.PAGE, length - i * PageTable.PAGE);
        blocks.add(StateBlock.ofPage(pool, kind, i, page, rows));
      }
    }
    if (hasSlot(extent)) {
      int held = extent.length() == 0 ? pool.recurrent().zeros() : slot;
      pool.recurrent().retain(held);
      blocks.add(StateBlock.ofSlot(pool, 0, held));
    }
    return blocks;
  }

  private boolean hasSlot(StateExtent extent) {
    return extent.hasStates() && pool.isRecurrent();
  }

  /** Gives back what was retained. */
  public void release(List<StateBlock> blocks) {
    for (StateBlock block : blocks) {
      block.release();
    }
  }

  /**
   * Takes memory for an extent, in the order of {@link #retain}. Pages that are not needed are left
   * out where there is no room. The sequence stays empty until {@link #restored}.
   *
   * @throws dev.myelin.error.CapacityException if there is no room; nothing is taken
   */
  public List<StateBlock> reserve(StateExtent extent) {
    position = 0;
    rewind(0);
    try {
      for (PageClass kind : pool.kv().classes()) {
        StateExtent.Pages pages = extent.pages().get(kind.index());
        reserve(kind, pages, extent.length());
      }
      if (hasSlot(extent)) {
        writeSlot = pool.takeSlot();
      }
    } catch (RuntimeException e) {
      abandon();
      throw e;
    }
    List<StateBlock> blocks = new ArrayList<>();
    for (PageClass kind : pool.kv().classes()) {
      StateExtent.Pages pages = extent.pages().get(kind.index());
      for (int i = pages.first(); i < pages.first() + pages.count(); i++) {
        blocks.add(StateBlock.ofPage(pool, kind, i, table(kind).page(i), PageTable.PAGE));
      }
    }
    if (hasSlot(extent)) {
      blocks.add(StateBlock.ofSlot(pool, 0, writeSlot));
    }
    return blocks;
  }

  private void reserve(PageClass kind, StateExtent.Pages pages, int length) {
    int needed = kind.scope() == Scope.SEQUENCE ? kind.window().begin(length) / PageTable.PAGE : 0;
    for (int i = pages.first() + pages.count() - 1; i >= pages.first(); i--) {
      if (i < needed && pool.kv().pool(kind).free() == 0) {
        break;
      }
      table(kind).take(i, i + 1 - Math.max(needed, pages.first()));
    }
  }

  /** Gives back what was reserved. */
  public void abandon() {
    for (PageTable table : tables) {
      table.truncate(0);
    }
    dropWriteSlot();
  }

  /**
   * The blocks that were reserved are filled.
   *
   * @param tokens all tokens of the sequence
   */
  public void restored(StateExtent extent, int[] tokens) {
    encoderLength = extent.encoderLength();
    if (extent.hasStates()) {
      filled(extent.length(), tokens);
    }
  }

  /**
   * The full pages of the first {@code length} tokens that are held, and the recurrent states if
   * they are those at the end of the last. They stay as they are until {@link #release}.
   */
  public List<StateBlock> retainPages(int length) {
    List<StateBlock> blocks = new ArrayList<>();
    int pages = length / PageTable.PAGE;
    for (PageClass kind : pool.kv().classes()) {
      for (int i = 0; kind.scope() == Scope.SEQUENCE && i < pages; i++) {
        int page = table(kind).page(i);
        if (page >= 0) {
          pool.kv().pool(kind).retain(page);
          blocks.add(StateBlock.ofPage(pool, kind, i, page, PageTable.PAGE));
        }
      }
    }
    if (pool.isRecurrent() && pages > 0 && slotPosition == pages * PageTable.PAGE) {
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
  public int reachablePages(int at, int most, Stored stored) {
    int own = ownPages(at);
    int pages = most;
    while (pages * PageTable.PAGE > at) {
      int missing = missing(own, pages, stored);
      if (missing < 0) {
        return pages;
      }
      pages = Math.min(pages - 1, missing);
    }
    return 0;
  }

  private int ownPages(int at) {
    return canContinueAt(at) ? at / PageTable.PAGE : 0;
  }

  /** The end of the longest beginning that could do without what is missing; -1 if nothing is. */
  private int missing(int own, int pages, Stored stored) {
    for (PageClass kind : pool.kv().classes()) {
      int first = kind.window().begin(pages * PageTable.PAGE) / PageTable.PAGE;
      for (int i = first; kind.scope() == Scope.SEQUENCE && i < pages; i++) {
        boolean isHeld = i < own && table(kind).page(i) >= 0;
        if (!isHeld && !stored.has(kind.index(), i)) {
          return kind.window().isPresent() ? pages - 1 : i;
        }
      }
    }
    boolean hasSlot = !pool.isRecurrent() || stored.has(StateBlock.RECURRENT, pages);
    return hasSlot ? -1 : pages - 1;
  }

  /**
   * Takes memory for what {@link #reachablePages} has found. The sequence stays as it is until
   * {@link #filled}.
   *
   * @throws dev.myelin.error.CapacityException if there is no room; nothing is taken
   */
  public List<StateBlock> reservePages(int at, int pages) {
    int own = ownPages(at);
    position = own * PageTable.PAGE;
    rewind(position);
    List<StateBlock> blocks = new ArrayList<>();
    try {
      for (PageClass kind : pool.kv().classes()) {
        if (kind.scope() == Scope.SEQUENCE) {
          int first = kind.window().begin(pages * PageTable.PAGE) / PageTable.PAGE;
          for (int i = Math.max(own, first); i < pages; i++) {
            table(kind).take(i, pages - i);
            blocks.add(StateBlock.ofPage(pool, kind, i, table(kind).page(i), PageTable.PAGE));
          }
        }
      }
      if (pool.isRecurrent()) {
        writeSlot = pool.takeSlot();
        blocks.add(StateBlock.ofSlot(pool, pages, writeSlot));
      }
    } catch (RuntimeException e) {
      abandonPages();
      throw e;
    }
    return blocks;
  }

  /** Gives back what {@link #reservePages} took. */
  public void abandonPages() {
    rewind(position);
    dropWriteSlot();
  }

  /**
   * What was reserved is filled: the sequence has {@code length} tokens.
   *
   * @param tokens all tokens of the sequence
   */
  public void filled(int length, int[] tokens) {
    position = length;
    slotPosition = length;
    if (writeSlot != slot) {
      pool.recurrent().release(slot);
      slot = writeSlot;
    }
    PrefixCache prefixes = pool.prefixes();
    if (prefixes != null) {
      prefixes.add(this, tokens, length);
    }
  }

  /** Drops the pages that no token from the current position on sees. */
  void dropUnseen(PageClass kind) {
    if (kind.scope() == Scope.SEQUENCE && kind.window().isPresent()) {
      table(kind).dropBefore(kind.window().begin(position));
    }
  }

  /** Positions of the encoder; 0 if it has not run. */
  public int encoderLength() {
    return encoderLength;
  }

  /** The slot of the current recurrent states. */
  int slot() {
    return slot;
  }

  /** The slot that a pass from {@code position} on reads. */
  public int readSlot(int position) {
    return position == 0 ? pool.recurrent().zeros() : slot;
  }

  /** The slot that it writes. */
  public int writeSlot() {
    return writeSlot;
  }

  /** Gives the pages back. */
  @Override
  public void close() {
    if (open) {
      open = false;
      for (PageTable table : tables) {
        table.truncate(0);
      }
      pool.recurrent().release(slot);
      pool.closed(this);
    }
  }
}
