package dev.myelin.chat.template;

/** The result of {@code keys()}, {@code values()} and {@code items()}. */
final class DictView extends PySequence {
  enum Kind {
    KEYS,
    VALUES,
    ITEMS
  }

  private final PyDict dict;
  private final Kind kind;

  DictView(PyDict dict, Kind kind) {
    this.dict = dict;
    this.kind = kind;
  }

  PyDict dict() {
    return dict;
  }

  Kind kind() {
    return kind;
  }

  @Override
  int size() {
    return dict.size();
  }

  @Override
  Object get(int index) {
    return toArray()[index];
  }

  @Override
  Object[] toArray() {
    Object[] items = new Object[dict.size()];
    int i = 0;
    for (PyDict.Entry entry : dict.entries()) {
      items[i++] =
          switch (kind) {
            case KEYS -> entry.key;
            case VALUES -> entry.value;
            case ITEMS -> PyTuple.of(entry.key, entry.value);
          };
    }
    return items;
  }

  @Override
  boolean isIndexed() {
    return false;
  }

  @Override
  String typeName() {
    return switch (kind) {
      case KEYS -> "dict_keys";
      case VALUES -> "dict_values";
      case ITEMS -> "dict_items";
    };
  }
}
