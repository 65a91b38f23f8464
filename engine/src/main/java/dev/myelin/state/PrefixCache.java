package dev.myelin.state;

import dev.myelin.state.KvState.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The full pages that sequences have computed, as a tree by their tokens, so that later sequences
 * with the same beginning read them. Pages stay until others are needed: the least recently used
 * are dropped first. Confined to one thread at a time.
 */
final class PrefixCache {
  private final KvCache kv;
  private final StateSnapshots snapshots;
  private final boolean isRecurrent;
  private final List<PageClass> classes = new ArrayList<>();
  // by the scales of adapters
  private final Map<List<Float>, PrefixNode> roots = new HashMap<>();
  private long time;

  PrefixCache(KvCache kv, StateSnapshots snapshots, boolean isRecurrent) {
    this.kv = kv;
    this.snapshots = snapshots;
    this.isRecurrent = isRecurrent;
    for (PageClass kind : kv.classes()) {
      if (kind.scope() == Scope.SEQUENCE) {
        classes.add(kind);
      }
    }
  }

  private PrefixNode last(SequenceStates s) {
    if (s.path().pages() > 0) {
      return s.path().last();
    }
    int count = kv.classes().size();
    return roots.computeIfAbsent(
        s.adapterScales(), scales -> new PrefixNode(null, new int[0], count));
  }

  private List<PrefixNode> all() {
    List<PrefixNode> all = new ArrayList<>();
    for (PrefixNode root : roots.values()) {
      all.addAll(root.children());
    }
    for (int i = 0; i < all.size(); i++) {
      all.addAll(all.get(i).children());
    }
    return all;
  }

  /** Number of pages of tokens. */
  int size() {
    return all().size();
  }

  /**
   * Lets a sequence that ends with a full page continue after pages that are cached. At least one
   * of its next tokens is left to compute.
   *
   * @param ids tokens, the next ones of the sequence from {@code from} on
   * @return the number of tokens that need not be computed
   */
  int extend(SequenceStates s, int[] ids, int from, int count) {
    List<PrefixNode> path = new ArrayList<>(s.path().nodes());
    int known = path.size();
    PrefixNode node = last(s);
    for (int i = from; from + count - i > PageTable.PAGE; i += PageTable.PAGE) {
      node = node.child(ids, i);
      if (node == null) {
        break;
      }
      path.add(node);
    }
    while (path.size() > known && !canContinueAfter(path, s, known)) {
      path.removeLast();
    }
    if (path.size() == known) {
      return 0;
    }
    for (PageClass kind : classes) {
      for (int i = known; i < path.size(); i++) {
        if (path.get(i).has(kind)) {
          s.table(kind).share(i, path.get(i).page(kind));
        }
      }
    }
    s.extended(path.subList(known, path.size()));
    touch(path);
    return (path.size() - known) * PageTable.PAGE;
  }

  private boolean canContinueAfter(List<PrefixNode> path, SequenceStates s, int known) {
    int position = path.size() * PageTable.PAGE;
    for (PageClass kind : classes) {
      for (int i = kind.window().begin(position) / PageTable.PAGE; i < path.size(); i++) {
        if (!(i < known ? s.table(kind).page(i) >= 0 : path.get(i).has(kind))) {
          return false;
        }
      }
    }
    return !isRecurrent || path.getLast().snapshot() != null;
  }

  /**
   * Adds the full pages of a sequence that are not in the tree yet. Where another sequence has
   * added the same page before, the sequence reads that one.
   *
   * @param tokens all tokens of the sequence
   */
  void add(SequenceStates s, int[] tokens, int length) {
    PrefixPath path = s.path();
    PrefixNode node = last(s);
    for (int end = (path.pages() + 1) * PageTable.PAGE; end <= length; end += PageTable.PAGE) {
      int from = end - PageTable.PAGE;
      PrefixNode child = node.child(tokens, from);
      if (child == null) {
        int[] ids = Arrays.copyOfRange(tokens, from, end);
        child = new PrefixNode(node, ids, kv.classes().size());
        node.children().add(child);
      }
      for (PageClass kind : classes) {
        addPage(child, kind, s.table(kind), from / PageTable.PAGE);
      }
      path.add(child);
      node = child;
    }
    StateSnapshot snapshot = s.slots().snapshotAt(length);
    if (snapshot != null && node.snapshot() == null) {
      node.setSnapshot(snapshot);
      snapshot.setNode(node);
    } else if (snapshot != null && node.snapshot() != snapshot) {
      s.slots().replaceLast(node.snapshot());
    }
    touch(path.nodes());
  }

  private void addPage(PrefixNode node, PageClass kind, PageTable table, int index) {
    int own = table.page(index);
    if (own < 0) {
      return;
    }
    if (!node.has(kind)) {
      kv.pool(kind).retain(own);
      node.setPage(kind, own);
    } else if (node.page(kind) != own) {
      table.replace(index, node.page(kind));
    }
  }

  private void touch(List<PrefixNode> path) {
    time++;
    for (PrefixNode node : path) {
      node.use(time);
    }
  }

  /** Frees a page of a class that no sequence reads; false if there is none. */
  boolean reclaim(PageClass kind) {
    PagePool pool = kv.pool(kind);
    PrefixNode oldest = oldest(n -> n.has(kind) && !pool.isShared(n.page(kind)) && n.isLast(kind));
    if (oldest == null) {
      return false;
    }
    if (kind.window().isPresent()) {
      pool.release(oldest.page(kind));
      oldest.removePage(kind);
    } else {
      removeAll(oldest);
    }
    oldest.prune();
    return true;
  }

  private @Nullable PrefixNode oldest(Predicate<PrefixNode> wanted) {
    PrefixNode oldest = null;
    for (PrefixNode node : all()) {
      if ((oldest == null || node.lastUse() < oldest.lastUse()) && wanted.test(node)) {
        oldest = node;
      }
    }
    return oldest;
  }

  private void removeAll(PrefixNode node) {
    for (PageClass kind : classes) {
      if (node.has(kind)) {
        kv.pool(kind).release(node.page(kind));
        node.removePage(kind);
      }
    }
    StateSnapshot snapshot = node.snapshot();
    if (snapshot != null) {
      snapshots.drop(snapshot);
    }
  }
}
