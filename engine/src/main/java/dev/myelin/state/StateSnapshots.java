package dev.myelin.state;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots of recurrent states of all sequences, open and closed ones, up to a number. When
 * there are more, the sequence used longest ago loses one first: one between the ends of its
 * prompts and replies if there is any, of several the one whose loss costs least, and its last one
 * at last. Confined to one thread at a time.
 */
final class StateSnapshots {
  private final RecurrentPool pool;
  private final int most;
  private final List<StateSnapshot> held = new ArrayList<>();
  private long time;

  StateSnapshots(RecurrentPool pool, int most) {
    this.pool = pool;
    this.most = most;
  }

  /** How many there may be. */
  int most() {
    return most;
  }

  int size() {
    return held.size();
  }

  /** Keeps a slot, for one sequence. There may be one too many until {@link #limit}. */
  StateSnapshot keep(int position, int slot) {
    StateSnapshot snapshot = new StateSnapshot(position, slot);
    pool.retain(slot);
    snapshot.enter();
    held.add(snapshot);
    return snapshot;
  }

  /** The snapshots of a sequence are in use now. */
  void use(List<StateSnapshot> all) {
    time++;
    for (StateSnapshot snapshot : all) {
      snapshot.use(time);
    }
  }

  void limit() {
    while (held.size() > most) {
      drop(victim(s -> true));
    }
  }

  /** Frees a slot; false if no snapshot has one for itself. */
  boolean reclaimSlot() {
    StateSnapshot victim = victim(s -> !pool.isShared(s.slot()));
    if (victim != null) {
      drop(victim);
    }
    return victim != null;
  }

  void drop(StateSnapshot snapshot) {
    held.remove(snapshot);
    snapshot.dropped();
    pool.release(snapshot.slot());
    PrefixNode node = snapshot.node();
    if (node != null) {
      node.setSnapshot(null);
      node.prune();
    }
  }

  private @Nullable StateSnapshot victim(Predicate<StateSnapshot> wanted) {
    long oldest =
        held.stream().filter(wanted).mapToLong(StateSnapshot::lastUse).min().orElse(Long.MAX_VALUE);
    // used at the same time: those of one sequence
    List<StateSnapshot> chain =
        held.stream()
            .filter(s -> s.lastUse() == oldest)
            .sorted(Comparator.comparingInt(StateSnapshot::position))
            .toList();
    StateSnapshot best = null;
    int bestRank = Integer.MAX_VALUE;
    double bestCost = Double.POSITIVE_INFINITY;
    for (int i = 0; i < chain.size(); i++) {
      boolean isLast = i == chain.size() - 1;
      int rank = isLast ? 2 : chain.get(i).isEnd() ? 1 : 0;
      double cost = isLast ? 0 : cost(chain, i);
      if (wanted.test(chain.get(i)) && (rank < bestRank || (rank == bestRank && cost < bestCost))) {
        best = chain.get(i);
        bestRank = rank;
        bestCost = cost;
      }
    }
    return best;
  }

  /**
   * What is computed again without a snapshot: the tokens since the one before it, as often as a
   * rewind ends between it and the next one. A rewind by 100 to 200 tokens is taken to be as likely
   * as one by 1000 to 2000.
   */
  private static double cost(List<StateSnapshot> chain, int i) {
    int end = chain.getLast().position() + PageTable.PAGE;
    int position = chain.get(i).position();
    int before = i == 0 ? 0 : chain.get(i - 1).position();
    double rewinds = (double) (end - position) / (end - chain.get(i + 1).position());
    return (position - before) * Math.log(rewinds);
  }
}
