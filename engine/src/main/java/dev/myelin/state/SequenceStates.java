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
  private final List<Float> adapterScales;
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

  SequenceStates(StatePool pool, List<Float> adapterScales) {
    this.pool = pool;
    this.adapterScales = adapterScales;
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
    SequenceStates copy = pool.open(adapterScales);
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

  /** The scales of the model's adapters, by their numbers: states depend on them. */
  public List<Float> adapterScales() {
    return adapterScales;
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
    cut(position);
    try {
      write(Scope.SEQUENCE, position, end);
      write(Scope.PASS, 0, end - position);
      takeWriteSlot();
    } catch (RuntimeException e) {
      rollback();
      throw e;
    }
  }

  /** Gives back the pages of the positions from {@code length} on. */
  public void truncate(int length) {
    if (open && length < position) {
      cut(length);
    }
  }

  /** Keeps the first {@code length} positions, as before a pass. */
  void cut(int length) {
    position = length;
    rewind(length);
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
    try {
      write(Scope.ENCODER, 0, length);
      write(Scope.PASS, 0, length);
    } catch (RuntimeException e) {
      rollback();
      throw e;
    }
  }

  private void write(Scope scope, int from, int to) {
    for (PageClass kind : pool.kv().classes()) {
      if (kind.scope() == scope) {
        table(kind).write(from, to);
      }
    }
  }

  /** Takes a slot for the recurrent states that follow, if the model has them. */
  void takeWriteSlot() {
    if (pool.isRecurrent()) {
      writeSlot = pool.takeSlot();
    }
  }

  /** Ends a pass that failed or was not computed: drops what was taken for it. */
  public void rollback() {
    rewind(position);
    releasePass();
    if (writeSlot != slot) {
      pool.recurrent().release(writeSlot);
      writeSlot = slot;
    }
  }

  /**
   * Ends a pass that succeeded, or what was taken is filled otherwise.
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

  /** Ends a pass of the encoder that succeeded, or its pages are filled otherwise. */
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

  StatePool pool() {
    return pool;
  }

  /** The recurrent states are those before this position. */
  int slotPosition() {
    return slotPosition;
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
