package dev.myelin.chat.template;

import java.util.Arrays;

/** What Python's generators are to a template: items that can be read once; always true. */
final class Generator {
  private final Object[] items;
  private int next;

  Generator(Object[] items) {
    this.items = items;
  }

  int left() {
    return items.length - next;
  }

  /** The next item, or null. */
  Object next() {
    return next < items.length ? items[next++] : null;
  }

  Object[] rest(Budget budget) {
    budget.spend(1 + left() / 4);
    Object[] rest = next == 0 ? items.clone() : Arrays.copyOfRange(items, next, items.length);
    next = items.length;
    return rest;
  }

  /** The items without using them up, for printing. */
  PyList list(Budget budget) {
    budget.items(left());
    return PyList.of(Arrays.copyOfRange(items, next, items.length));
  }
}
