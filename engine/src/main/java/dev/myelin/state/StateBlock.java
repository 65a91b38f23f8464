package dev.myelin.state;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A part of a sequence's states in the memory of its pool: a page of one class, or the recurrent
 * states. {@link SequenceImage} and {@link SequencePages} say how long it is valid; as long as it
 * is, copying is thread-safe.
 */
public final class StateBlock {
  /** The kind of the recurrent states. */
  public static final int RECURRENT = -1;

  private final StatePool pool;
  private final @Nullable PageClass kind;
  private final int index;
  // the page or slot; below 0 if it has no memory
  private final int held;
  private final int rows;

  private StateBlock(StatePool pool, @Nullable PageClass kind, int index, int held, int rows) {
    this.pool = pool;
    this.kind = kind;
    this.index = index;
    this.held = held;
    this.rows = rows;
  }

  static StateBlock ofPage(StatePool pool, PageClass kind, int index, int page, int rows) {
    return new StateBlock(pool, kind, index, page, rows);
  }

  static StateBlock ofSlot(StatePool pool, int pages, int slot) {
    return new StateBlock(pool, null, pages, slot, 0);
  }

  /** The number of the class, or {@link #RECURRENT}. */
  public int kind() {
    return kind == null ? RECURRENT : kind.index();
  }

  /**
   * The page's index in the sequence: page i holds the positions from 64 i on. Of recurrent states,
   * the number of pages before them.
   */
  public int index() {
    return index;
  }

  /** Size in bytes. */
  public long bytes() {
    return kind == null ? pool.recurrent().slotBytes() : pool.kv().contents(kind).bytes();
  }

  /**
   * Copies it.
   *
   * @param to of {@link #bytes} bytes
   */
  public void read(MemorySegment to) {
    if (kind == null) {
      pool.recurrent().read(held, to);
    } else {
      pool.kv().contents(kind).read(held, rows, to);
    }
  }

  /**
   * Fills it; does nothing if it was left out for lack of room.
   *
   * @param from of {@link #bytes} bytes
   */
  public void write(MemorySegment from) {
    if (held < 0) {
      return;
    }
    if (kind == null) {
      pool.recurrent().write(held, from);
    } else {
      pool.kv().contents(kind).write(held, from);
    }
  }

  /** Gives it back if it was retained, while nobody else uses the pool. */
  public void release() {
    if (kind == null) {
      pool.recurrent().release(held);
    } else {
      pool.kv().pool(kind).release(held);
    }
  }
}
