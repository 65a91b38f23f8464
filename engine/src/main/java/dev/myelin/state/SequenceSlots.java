package dev.myelin.state;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The recurrent states of one sequence: the slot that the next pass reads, the one that it writes,
 * and snapshots of earlier positions. Does nothing if the model has no recurrent states. Confined
 * to one thread at a time.
 */
final class SequenceSlots {
  private final StatePool pool;
  private final RecurrentPool slots;
  private final StateSnapshots all;
  // by position; some may be dropped
  private final List<StateSnapshot> snapshots = new ArrayList<>();
  // the states are those before this position
  private int position;
  private int slot;
  private int writeSlot;

  SequenceSlots(StatePool pool) {
    this.pool = pool;
    slots = pool.recurrent();
    all = pool.snapshots();
    slot = slots.zeros();
    writeSlot = slot;
  }

  /** Has the states of another sequence, up to {@code length}. */
  void share(SequenceSlots other, int length) {
    for (StateSnapshot snapshot : other.snapshots) {
      if (snapshot.isHeld() && snapshot.position() <= length) {
        add(snapshot);
      }
    }
    if (other.position <= length) {
      set(other.position, other.slot);
    }
  }

  /** Has the snapshots of pages behind its own ones, and continues after the last. */
  void share(List<PrefixNode> nodes, int end) {
    for (PrefixNode node : nodes) {
      StateSnapshot snapshot = node.snapshot();
      if (snapshot != null) {
        add(snapshot);
      }
    }
    goTo(end);
    all.use(snapshots);
  }

  private void add(StateSnapshot snapshot) {
    snapshot.enter();
    snapshots.add(snapshot);
  }

  private void set(int newPosition, int newSlot) {
    slots.retain(newSlot);
    slots.release(slot);
    slot = newSlot;
    writeSlot = newSlot;
    position = newPosition;
  }

  /** The slot of the states before a position, or -1. */
  int at(int wanted) {
    if (slots.isEmpty() || wanted == 0) {
      return slots.zeros();
    }
    if (wanted == position) {
      return slot;
    }
    StateSnapshot snapshot = snapshotAt(wanted);
    return snapshot == null ? -1 : snapshot.slot();
  }

  /** The snapshot at a position, or null. */
  @Nullable StateSnapshot snapshotAt(int wanted) {
    for (StateSnapshot snapshot : snapshots) {
      if (snapshot.isHeld() && snapshot.position() == wanted) {
        return snapshot;
      }
    }
    return null;
  }

  /** The last position up to {@code most} whose states are known. */
  int latest(int most) {
    if (slots.isEmpty()) {
      return most;
    }
    int latest = position <= most ? position : 0;
    for (StateSnapshot snapshot : snapshots) {
      if (snapshot.isHeld() && snapshot.position() <= most) {
        latest = Math.max(latest, snapshot.position());
      }
    }
    return latest;
  }

  /** Forgets what is behind {@code length}. */
  void truncate(int length) {
    while (!snapshots.isEmpty() && snapshots.getLast().position() > length) {
      leave(snapshots.removeLast());
    }
    if (position > length) {
      set(0, slots.zeros());
    }
  }

  private void leave(StateSnapshot snapshot) {
    if (snapshot.leave() && snapshot.isHeld() && snapshot.node() == null) {
      all.drop(snapshot);
    }
  }

  /** Goes to the states before a position, which are known. */
  void goTo(int wanted) {
    if (!slots.isEmpty() && wanted != position) {
      set(wanted, at(wanted));
    }
  }

  /** Takes a slot for the states that follow. */
  void takeWriteSlot() {
    if (!slots.isEmpty()) {
      writeSlot = pool.takeSlot();
    }
  }

  /** The states that were written are dropped. */
  void rollback() {
    if (writeSlot != slot) {
      slots.release(writeSlot);
      writeSlot = slot;
    }
  }

  /** The states that were written are those before {@code end}. */
  void commit(int end) {
    if (slots.isEmpty()) {
      return;
    }
    if (writeSlot != slot) {
      slots.release(slot);
      slot = writeSlot;
    }
    position = end;
    snapshots.removeIf(s -> !s.isHeld());
    if (end % PageTable.PAGE == 0 && end > 0 && all.most() > 0 && snapshotAt(end) == null) {
      snapshots.add(all.keep(end, slot));
      thin(end);
    }
    all.use(snapshots);
  }

  /**
   * Drops snapshots that are dense for their distance to the end, so that a rewind by n tokens
   * computes about n again, and their number grows as the logarithm of the length.
   */
  private void thin(int end) {
    for (int i = snapshots.size() - 2; i >= 0; i--) {
      int before = i == 0 ? 0 : snapshots.get(i - 1).position();
      int next = snapshots.get(i + 1).position();
      if (next - before <= end - next && !snapshots.get(i).isEnd()) {
        StateSnapshot dense = snapshots.remove(i);
        if (dense.leave()) {
          all.drop(dense);
        }
      }
    }
  }

  /** Reads the snapshot of others instead of an own one of the same states. */
  void replaceLast(StateSnapshot other) {
    leave(snapshots.removeLast());
    add(other);
    all.use(snapshots);
  }

  /** A prompt or a reply ends here. */
  void endTurn() {
    if (!snapshots.isEmpty()) {
      snapshots.getLast().setEnd();
    }
  }

  /** The slot that is read. */
  int readSlot() {
    return slot;
  }

  int writeSlot() {
    return writeSlot;
  }

  void close() {
    rollback();
    truncate(0);
  }
}
