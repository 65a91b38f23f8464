package dev.myelin.chat.template;

/** A stable merge sort, which terminates even if the order is inconsistent. */
final class MergeSort {
  private MergeSort() {}

  /** Sorts items by their keys, which may be the same array. */
  static void sort(Object[] items, Object[] keys, boolean reverse, Budget budget) {
    int n = items.length;
    budget.chargeWork(2L * n);
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    int[] other = new int[n];
    for (int width = 1; width > 0 && width < n; width *= 2) {
      for (int from = 0; from < n; from += 2 * width) {
        int middle = Math.min(from + width, n);
        int to = (int) Math.min(from + 2L * width, n);
        merge(order, other, from, middle, to, keys, reverse, budget);
      }
      int[] swap = order;
      order = other;
      other = swap;
    }
    Object[] sorted = new Object[n];
    for (int i = 0; i < n; i++) {
      sorted[i] = items[order[i]];
    }
    System.arraycopy(sorted, 0, items, 0, n);
  }

  private static void merge(
      int[] from,
      int[] to,
      int start,
      int middle,
      int end,
      Object[] keys,
      boolean reverse,
      Budget budget) {
    int a = start;
    int b = middle;
    for (int i = start; i < end; i++) {
      if (b == end || a < middle && !precedes(keys[from[b]], keys[from[a]], reverse, budget)) {
        to[i] = from[a++];
      } else {
        to[i] = from[b++];
      }
    }
  }

  private static boolean precedes(Object a, Object b, boolean reverse, Budget budget) {
    if (!(a instanceof Str) && !Values.isNumber(a) && Comparisons.equal(a, b, budget)) {
      return false; // also values without an order: None, undefined
    }
    return reverse
        ? Comparisons.compare(b, a, "<", budget) < 0
        : Comparisons.compare(a, b, "<", budget) < 0;
  }
}
