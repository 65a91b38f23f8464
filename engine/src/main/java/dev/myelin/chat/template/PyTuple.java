package dev.myelin.chat.template;

/** A tuple, whose items may have names. */
final class PyTuple extends PySeq {
  private static final String[] NAMELESS = {};

  private final Object[] items;
  private final String[] names;

  private PyTuple(Object[] items, String[] names) {
    this.items = items;
    this.names = names;
  }

  static PyTuple of(Object... items) {
    return new PyTuple(items, NAMELESS);
  }

  static PyTuple named(String[] names, Object... items) {
    return new PyTuple(items, names);
  }

  /** The item of this name, or null. */
  Object attribute(String name) {
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
  String type() {
    return "tuple";
  }
}
