package dev.myelin.chat.template;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** A dict, in insertion order. A dict of the input variables is frozen. */
final class PyDict {
  /** A key as it was first inserted, and its value. */
  static final class Entry {
    final Object key;
    Object value;

    Entry(Object key, Object value) {
      this.key = key;
      this.value = value;
    }
  }

  private final Map<Object, Entry> entries = new LinkedHashMap<>(); // by Keys.of
  private final boolean frozen;

  PyDict() {
    this(false);
  }

  PyDict(boolean frozen) {
    this.frozen = frozen;
  }

  int size() {
    return entries.size();
  }

  Collection<Entry> entries() {
    return entries.values();
  }

  /** The value of a key, or null. */
  Object get(Object key, Budget budget) {
    Entry entry = entries.get(HashKeys.of(key, budget));
    return entry == null ? null : entry.value;
  }

  /** The value of a string key, or null. */
  Object get(String key) {
    Entry entry = entries.get(key);
    return entry == null ? null : entry.value;
  }

  void put(Object key, Object value, Budget budget) {
    Object hashed = HashKeys.of(key, budget);
    Entry entry = entries.get(hashed);
    if (entry != null) {
      entry.value = value;
    } else {
      budget.chargeItems(4); // the entry, its node and its table slot
      entries.put(hashed, new Entry(key, value));
    }
  }

  /** The entries, for a method that modifies them. */
  Map<Object, Entry> mutableEntries(String method) {
    if (frozen) {
      throw new TemplateError(method + ": an input dict cannot be modified");
    }
    return entries;
  }

  PyDict copy(Budget budget) {
    PyDict copy = new PyDict();
    budget.chargeItems(4L * size());
    for (Map.Entry<Object, Entry> each : entries.entrySet()) {
      Entry entry = each.getValue();
      copy.entries.put(each.getKey(), new Entry(entry.key, entry.value));
    }
    return copy;
  }

  Object[] keys(Budget budget) {
    budget.chargeWork(size());
    return new DictView(this, DictView.Kind.KEYS).toArray();
  }
}
