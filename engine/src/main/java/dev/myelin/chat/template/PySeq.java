package dev.myelin.chat.template;

/** What Python calls a sequence or a view, but for strings. */
abstract class PySeq {
  abstract int size();

  abstract Object get(int index);

  /** Python's name of the type. */
  abstract String type();

  /** Whether items are read by index; views of dicts are not. */
  boolean indexed() {
    return true;
  }

  Object[] toArray() {
    Object[] items = new Object[size()];
    for (int i = 0; i < items.length; i++) {
      items[i] = get(i);
    }
    return items;
  }
}
