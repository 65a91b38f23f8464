package dev.myelin.chat.template;

import java.util.Arrays;

/** A Python generator: its items can be read once; it is always true. */
final class PyGenerator {
  private final Object[] items;
  private int next;

  PyGenerator(Object[] items) {
    this.items = items;
  }

  int remaining() {
    return items.length - next;
  }

  /** The next item, or null. */
  Object next() {
    return next < items.length ? items[next++] : null;
  }

  Object[] drain(Budget budget) {
    budget.chargeWork(1 + remaining() / 4);
    Object[] remaining = next == 0 ? items.clone() : Arrays.copyOfRange(items, next, items.length);
    next = items.length;
    return remaining;
  }

  /** The items, without consuming them; for printing. */
  PyList toList(Budget budget) {
    budget.chargeItems(remaining());
    return PyList.of(Arrays.copyOfRange(items, next, items.length));
  }
}
