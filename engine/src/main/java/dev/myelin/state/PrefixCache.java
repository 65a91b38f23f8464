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
  private final RecurrentPool recurrent;
  private final List<PageClass> classes = new ArrayList<>();
  // by the scales of adapters
  private final Map<List<Float>, PrefixNode> roots = new HashMap<>();
  private long time;
  private int nodes;

  PrefixCache(KvCache kv, RecurrentPool recurrent) {
    this.kv = kv;
    this.recurrent = recurrent;
    for (PageClass kind : kv.classes()) {
      if (kind.scope() == Scope.SEQUENCE) {
        classes.add(kind);
      }
    }
  }

  private PrefixNode last(SequenceStates s) {
    List<PrefixNode> path = s.path();
    if (!path.isEmpty()) {
      return path.getLast();
    }
    int count = kv.classes().size();
    return roots.computeIfAbsent(
        s.adapterScales(), scales -> new PrefixNode(null, new int[0], count));
  }

  /** The children of all roots. */
  private List<PrefixNode> firstPages() {
    List<PrefixNode> all = new ArrayList<>();
    for (PrefixNode root : roots.values()) {
      all.addAll(root.children());
    }
    return all;
  }

  /** Number of pages of tokens. */
  int size() {
    return nodes;
  }

  /**
   * Lets a sequence that ends with a full page continue after pages that are cached. At least one
   * of its next tokens is left to compute.
   *
   * @param ids tokens, the next ones of the sequence from {@code from} on
   * @return the number of tokens that need not be computed
   */
  int extend(SequenceStates s, int[] ids, int from, int count) {
    List<PrefixNode> path = new ArrayList<>(s.path());
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
    s.extended(path);
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
    return recurrent.isEmpty() || path.getLast().hasSlot();
  }

  /**
   * Adds the full pages of a sequence that are not in the tree yet. Where another sequence has
   * added the same page before, the sequence reads that one.
   *
   * @param tokens all tokens of the sequence
   */
  void add(SequenceStates s, int[] tokens, int length) {
    List<PrefixNode> path = s.path();
    PrefixNode node = last(s);
    for (int end = (path.size() + 1) * PageTable.PAGE; end <= length; end += PageTable.PAGE) {
      int from = end - PageTable.PAGE;
      PrefixNode child = node.child(tokens, from);
      if (child == null) {
        int[] ids = Arrays.copyOfRange(tokens, from, end);
        child = new PrefixNode(node, ids, kv.classes().size());
        node.children().add(child);
        nodes++;
      }
      for (PageClass kind : classes) {
        addPage(child, kind, s.table(kind), from / PageTable.PAGE);
      }
      path.add(child);
      node = child;
    }
    if (!recurrent.isEmpty() && length % PageTable.PAGE == 0 && length > 0 && !node.hasSlot()) {
      node.setSlot(s.slot());
      recurrent.retain(s.slot());
    }
    touch(path);
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
    PrefixNode oldest = oldest(n -> n.has(kind) && !pool.isShared(n.page(kind)) && isLast(n, kind));
    if (oldest == null) {
      return false;
    }
    if (kind.window().isPresent()) {
      pool.release(oldest.page(kind));
      oldest.removePage(kind);
    } else {
      removeAll(oldest);
    }
    prune(oldest);
    return true;
  }

  /** A page in the middle of a longer prefix is of use to it, unless a window passes over it. */
  private static boolean isLast(PrefixNode node, PageClass kind) {
    if (!kind.window().isPresent()) {
      for (PrefixNode child : node.children()) {
        if (child.has(kind)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Frees a slot of recurrent states; false if there is none. */
  boolean reclaimSlot() {
    PrefixNode oldest = oldest(n -> n.hasSlot() && !recurrent.isShared(n.slot()));
    if (oldest == null) {
      return false;
    }
    recurrent.release(oldest.slot());
    oldest.removeSlot();
    prune(oldest);
    return true;
  }

  private @Nullable PrefixNode oldest(Predicate<PrefixNode> wanted) {
    PrefixNode oldest = null;
    List<PrefixNode> stack = firstPages();
    while (!stack.isEmpty()) {
      PrefixNode node = stack.removeLast();
      stack.addAll(node.children());
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
    if (node.hasSlot()) {
      recurrent.release(node.slot());
      node.removeSlot();
    }
  }

  /** Removes nodes that hold nothing and lead to nothing. */
  private void prune(PrefixNode from) {
    PrefixNode node = from;
    while (node.parent() != null && node.children().isEmpty() && isEmpty(node)) {
      node.parent().children().remove(node);
      nodes--;
      node = node.parent();
    }
  }

  private boolean isEmpty(PrefixNode node) {
    for (PageClass kind : classes) {
      if (node.has(kind)) {
        return false;
      }
    }
    return !node.hasSlot();
  }
}
