package dev.myelin.chat.template;

/** A tuple, or a named tuple. */
final class PyTuple extends PySequence {
  private static final String[] NO_NAMES = {};

  private final Object[] items;
  private final String[] names;

  private PyTuple(Object[] items, String[] names) {
    this.items = items;
    this.names = names;
  }

  static PyTuple of(Object... items) {
    return new PyTuple(items, NO_NAMES);
  }

  static PyTuple named(String[] names, Object... items) {
    return new PyTuple(items, names);
  }

  /** The item of this name, or null. */
  Object getAttribute(String name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return items[i];
      }
    }
    return null;
  }

  @Override
  int size() {
    return items.length;
  }

  @Override
  Object get(int index) {
    return items[index];
  }

  @Override
  Object[] toArray() {
    return items.clone();
  }

  @Override
  String typeName() {
    return "tuple";
  }
}
