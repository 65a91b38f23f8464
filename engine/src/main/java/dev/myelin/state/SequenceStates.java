package dev.myelin.state;

import dev.myelin.state.KvState.Scope;
import java.util.List;

/**
 * The memory of one sequence: the pages of its keys and values, and its recurrent states. A pass is
 * announced by {@link #begin}, and ended by {@link #commit} or {@link #rollback}. Confined to one
 * thread at a time, which uses no other sequence of the pool meanwhile.
 */
public final class SequenceStates implements AutoCloseable {
  private final StatePool pool;
  private final List<Float> adapterScales;
  private final SequenceTables tables;
  private final PrefixPath path = new PrefixPath();
  private final SequenceSlots slots;
  private int position;
  private int encoderLength;
  private boolean open = true;

  SequenceStates(StatePool pool, List<Float> adapterScales) {
    this.pool = pool;
    this.adapterScales = adapterScales;
    tables = new SequenceTables(pool.kv());
    slots = new SequenceSlots(pool);
  }

  /** A sequence with the same tokens up to {@code length}, which reads the same pages. */
  public SequenceStates fork(int length) {
    SequenceStates copy = pool.open(adapterScales);
    copy.tables.share(tables, length, encoderLength);
    copy.path.share(path, length / PageTable.PAGE);
    copy.slots.share(slots, length);
    copy.position = length;
    copy.encoderLength = encoderLength;
    return copy;
  }

  /** The scales of the model's adapters, by their numbers: states depend on them. */
  public List<Float> adapterScales() {
    return adapterScales;
  }

  PageTable table(PageClass kind) {
    return tables.get(kind);
  }

  /** The page table of a state. */
  public PageTable table(KvState state) {
    return table(pool.kv().kind(state));
  }

  /** The sequence's pages in the prefix cache. */
  PrefixPath path() {
    return path;
  }

  /** The recurrent states. */
  SequenceSlots slots() {
    return slots;
  }

  /** Has pages of the prefix cache now, after those that it had. */
  void extended(List<PrefixNode> nodes) {
    nodes.forEach(path::add);
    position = path.pages() * PageTable.PAGE;
    slots.share(nodes, position);
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
    truncatePages(at);
    return path.pages() * PageTable.PAGE == at ? prefixes.extend(this, ids, from, count) : 0;
  }

  /** Whether both have the same tokens up to {@code end}, the end of a page, as far as known. */
  public boolean isSamePrefix(SequenceStates other, int end) {
    return pool.prefixes() != null && path.isSame(other.path, end / PageTable.PAGE);
  }

  /**
   * How many tokens of a prompt to compute in one pass: a recurrent state is kept at the end of the
   * last full page.
   *
   * @param count at most
   */
  public int lengthOfPiece(int at, int count) {
    int end = at + count;
    int lastPage = end / PageTable.PAGE * PageTable.PAGE;
    return pool.snapshots().most() > 0 && lastPage > at ? lastPage - at : count;
  }

  /** Whether a token at {@code position} can be computed from what is stored. */
  boolean canContinueAt(int position) {
    return tables.holdsWindows(position) && slots.at(position) >= 0;
  }

  /**
   * The last position up to {@code end} from which tokens can be computed. A window drops old
   * positions, and recurrent states are known at some positions only.
   */
  int continueAt(int end) {
    int at = slots.latest(end);
    while (at > 0 && !tables.holdsWindows(at)) {
      at = slots.latest((at - 1) / PageTable.PAGE * PageTable.PAGE);
    }
    return at;
  }

  /**
   * Goes back to the last position up to {@code end} from which tokens can be computed, and returns
   * it: those after it are computed again.
   */
  public int rewind(int end) {
    int at = continueAt(end);
    cut(at);
    slots.goTo(at);
    return at;
  }

  /** A prompt or a reply ends here: snapshots at such places are dropped after others. */
  public void endTurn() {
    slots.endTurn();
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
      tables.write(Scope.SEQUENCE, position, end);
      tables.write(Scope.PASS, 0, end - position);
      slots.takeWriteSlot();
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
    truncatePages(length);
    slots.truncate(length);
  }

  private void truncatePages(int position) {
    path.truncate(position / PageTable.PAGE);
    tables.truncate(Scope.SEQUENCE, position);
  }

  /** Announces a pass of the encoder over all its positions. */
  public void beginEncoder(int length) {
    encoderLength = 0;
    try {
      tables.write(Scope.ENCODER, 0, length);
      tables.write(Scope.PASS, 0, length);
    } catch (RuntimeException e) {
      rollback();
      throw e;
    }
  }

  /** Ends a pass that failed or was not computed: drops what was taken for it. */
  public void rollback() {
    truncatePages(position);
    tables.truncate(Scope.PASS, 0);
    slots.rollback();
  }

  /**
   * Ends a pass that succeeded, or what was taken is filled otherwise.
   *
   * @param tokens all tokens of the sequence up to {@code end}
   */
  public void commit(int end, int[] tokens) {
    position = end;
    slots.commit(end);
    tables.truncate(Scope.PASS, 0);
    PrefixCache prefixes = pool.prefixes();
    if (prefixes != null) {
      prefixes.add(this, tokens, end);
    }
    pool.snapshots().limit();
  }

  /** Ends a pass of the encoder that succeeded, or its pages are filled otherwise. */
  public void commitEncoder(int length) {
    encoderLength = length;
    tables.truncate(Scope.PASS, 0);
  }

  StatePool pool() {
    return pool;
  }

  /** Drops the pages that no token from the current position on sees. */
  void dropUnseen(PageClass kind) {
    tables.dropUnseen(kind, position);
  }

  /** Positions of the encoder; 0 if it has not run. */
  public int encoderLength() {
    return encoderLength;
  }

  /** The slot of recurrent states that a pass reads. */
  public int readSlot() {
    return slots.readSlot();
  }

  /** The slot that it writes. */
  public int writeSlot() {
    return slots.writeSlot();
  }

  /** Gives the pages back. */
  @Override
  public void close() {
    if (open) {
      open = false;
      tables.close();
      path.truncate(0);
      slots.close();
      pool.closed(this);
    }
  }
}
