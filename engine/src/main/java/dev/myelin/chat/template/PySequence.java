package dev.myelin.chat.template;

/** A sequence or a dict view; strings are {@link Str}. */
abstract class PySequence {
  abstract int size();

  abstract Object get(int index);

  /** Name of the Python type. */
  abstract String typeName();

  /** Whether items can be read by index; not for dict views. */
  boolean isIndexed() {
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
