package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Filters that compare the items of a list. */
final class Orders {
  private static final String[] GROUP = {"grouper", "list"};

  private Orders() {}

  /** What an item is compared by: itself or an attribute, strings without case unless asked. */
  private static Object key(
      Object item, Object path, boolean cased, Object missing, Render render) {
    Object key = path == null || path == None.NONE ? item : Attributes.path(item, path, render);
    key = missing != null && key instanceof Undefined ? missing : key;
    return !cased && key instanceof Str text ? Case.lower(text, render.budget) : key;
  }

  private static Object[] keys(Object[] items, Object path, boolean cased, Render render) {
    Object[] keys = new Object[items.length];
    for (int i = 0; i < items.length; i++) {
      keys[i] = key(items[i], path, cased, null, render);
    }
    return keys;
  }

  static PyList sort(Object value, Object[] a, Render render) {
    Object[] items = Values.items(value, render.budget);
    boolean cased = Filters.flag(a[1]);
    Object[] keys =
        a[2] instanceof Str path && path.text.indexOf(',') >= 0
            ? severalKeys(items, path, cased, render)
            : keys(items, a[2], cased, render);
    Sorting.sort(items, keys, Filters.flag(a[0]), render.budget);
    render.budget.items(items.length);
    return PyList.of(items);
  }

  /** Keys of several attributes: {@code 'age,name'}. */
  private static Object[] severalKeys(Object[] items, Str paths, boolean cased, Render render) {
    Object[] parts =
        Splits.split(paths, new Object[] {Str.of(","), null}, false, render.budget).toArray();
    Object[] keys = new Object[items.length];
    render.budget.items((long) items.length * parts.length);
    for (int i = 0; i < items.length; i++) {
      Object[] each = new Object[parts.length];
      for (int k = 0; k < parts.length; k++) {
        each[k] = key(items[i], parts[k], cased, null, render);
      }
      keys[i] = PyTuple.of(each);
    }
    return keys;
  }

  static PyList dictsort(Object value, Object[] a, Render render) {
    if (!(Values.defined(value) instanceof PyDict dict)) {
      throw new Failure("dictsort: expected a dict, not '" + Values.type(value) + "'");
    }
    String by = a[1] == null ? "key" : a[1].toString();
    if (!by.equals("key") && !by.equals("value")) {
      throw new Failure("dictsort: by = '" + by + "': expected key or value");
    }
    Object[] items = new DictView(dict, DictView.Kind.ITEMS).toArray();
    render.budget.items(4L * items.length);
    Object[] keys = keys(items, by.equals("key") ? 0L : 1L, Filters.flag(a[0]), render);
    Sorting.sort(items, keys, Filters.flag(a[2]), render.budget);
    return PyList.of(items);
  }

  static PyList groupby(Object value, Object[] a, Render render) {
    Object[] items = Values.items(value, render.budget);
    boolean cased = Filters.flag(a[2]);
    Object[] keys = new Object[items.length];
    for (int i = 0; i < items.length; i++) {
      keys[i] = key(items[i], a[0], cased, a[1], render);
    }
    Object[] order = new Object[items.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = PyTuple.of(keys[i], items[i]);
    }
    render.budget.items(4L * order.length);
    Sorting.sort(order, keys, false, render.budget);
    PyList groups = new PyList();
    Object last = null;
    PyList group = null;
    for (Object each : order) {
      PyTuple pair = (PyTuple) each;
      if (group == null || !Compare.equal(last, pair.get(0), render.budget)) {
        last = pair.get(0);
        group = new PyList();
        Object shown = cased ? last : key(pair.get(1), a[0], true, a[1], render);
        groups.add(PyTuple.named(GROUP, shown, group));
      }
      group.add(pair.get(1));
    }
    return groups;
  }

  static Generator unique(Object value, Object[] a, Render render) {
    List<Object> kept = new ArrayList<>();
    Set<Object> seen = new HashSet<>();
    for (Object item : Values.items(value, render.budget)) {
      Object key = key(item, a[1], Filters.flag(a[0]), null, render);
      render.budget.items(4);
      if (seen.add(Keys.of(key, render.budget))) {
        kept.add(item);
      }
    }
    return new Generator(kept.toArray());
  }

  static Object extreme(Object value, Object[] a, boolean most, Render render) {
    Object best = null;
    Object bestKey = null;
    for (Object item : Values.items(value, render.budget)) {
      Object key = key(item, a[1], Filters.flag(a[0]), null, render);
      if (best == null
          || (most
              ? Compare.order(key, bestKey, ">", render.budget) > 0
              : Compare.order(key, bestKey, "<", render.budget) < 0)) {
        best = item;
        bestKey = key;
      }
    }
    return best != null
        ? best
        : new Undefined(most ? "max: there are no items" : "min: there are no items");
  }
}
