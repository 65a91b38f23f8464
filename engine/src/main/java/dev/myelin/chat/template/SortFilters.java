package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Filters that compare the items of a list: sort, groupby, unique, min, max. */
final class SortFilters {
  private static final String[] GROUP_FIELDS = {"grouper", "list"};

  private SortFilters() {}

  /**
   * The sort key of an item: itself or an attribute; strings in lower case unless case-sensitive.
   */
  private static Object key(
      Object item, Object path, boolean caseSensitive, Object missing, RenderContext context) {
    Object key = path == null || path == None.NONE ? item : Lookup.getPath(item, path, context);
    key = missing != null && key instanceof Undefined ? missing : key;
    return !caseSensitive && key instanceof Str text
        ? CaseMapping.toLower(text, context.budget)
        : key;
  }

  private static Object[] keys(
      Object[] items, Object path, boolean caseSensitive, RenderContext context) {
    Object[] keys = new Object[items.length];
    for (int i = 0; i < items.length; i++) {
      keys[i] = key(items[i], path, caseSensitive, null, context);
    }
    return keys;
  }

  static PyList sort(Object value, Object[] a, RenderContext context) {
    Object[] items = Values.items(value, context.budget);
    boolean caseSensitive = Filters.isTrue(a[1]);
    Object[] keys =
        a[2] instanceof Str path && path.text.indexOf(',') >= 0
            ? tupleKeys(items, path, caseSensitive, context)
            : keys(items, a[2], caseSensitive, context);
    MergeSort.sort(items, keys, Filters.isTrue(a[0]), context.budget);
    context.budget.chargeItems(items.length);
    return PyList.of(items);
  }

  /** Keys of several attributes: {@code 'age,name'}. */
  private static Object[] tupleKeys(
      Object[] items, Str paths, boolean caseSensitive, RenderContext context) {
    Object[] parts =
        StrSplit.split(paths, new Object[] {Str.of(","), null}, false, context.budget).toArray();
    Object[] keys = new Object[items.length];
    context.budget.chargeItems((long) items.length * parts.length);
    for (int i = 0; i < items.length; i++) {
      Object[] each = new Object[parts.length];
      for (int k = 0; k < parts.length; k++) {
        each[k] = key(items[i], parts[k], caseSensitive, null, context);
      }
      keys[i] = PyTuple.of(each);
    }
    return keys;
  }

  static PyList dictsort(Object value, Object[] a, RenderContext context) {
    if (!(Values.requireDefined(value) instanceof PyDict dict)) {
      throw new TemplateError("dictsort: expected a dict, not '" + Values.typeName(value) + "'");
    }
    String by = a[1] == null ? "key" : a[1].toString();
    if (!by.equals("key") && !by.equals("value")) {
      throw new TemplateError("dictsort: by = '" + by + "': expected key or value");
    }
    Object[] items = new DictView(dict, DictView.Kind.ITEMS).toArray();
    context.budget.chargeItems(4L * items.length);
    Object[] keys = keys(items, by.equals("key") ? 0L : 1L, Filters.isTrue(a[0]), context);
    MergeSort.sort(items, keys, Filters.isTrue(a[2]), context.budget);
    return PyList.of(items);
  }

  static PyList groupby(Object value, Object[] a, RenderContext context) {
    Object[] items = Values.items(value, context.budget);
    boolean caseSensitive = Filters.isTrue(a[2]);
    Object[] keys = new Object[items.length];
    for (int i = 0; i < items.length; i++) {
      keys[i] = key(items[i], a[0], caseSensitive, a[1], context);
    }
    Object[] order = new Object[items.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = PyTuple.of(keys[i], items[i]);
    }
    context.budget.chargeItems(4L * order.length);
    MergeSort.sort(order, keys, false, context.budget);
    PyList groups = new PyList();
    Object last = null;
    PyList group = null;
    for (Object each : order) {
      PyTuple pair = (PyTuple) each;
      if (group == null || !Comparisons.equal(last, pair.get(0), context.budget)) {
        last = pair.get(0);
        group = new PyList();
        Object shown = caseSensitive ? last : key(pair.get(1), a[0], true, a[1], context);
        groups.add(PyTuple.named(GROUP_FIELDS, shown, group));
      }
      group.add(pair.get(1));
    }
    return groups;
  }

  static PyGenerator unique(Object value, Object[] a, RenderContext context) {
    List<Object> kept = new ArrayList<>();
    Set<Object> seen = new HashSet<>();
    for (Object item : Values.items(value, context.budget)) {
      Object key = key(item, a[1], Filters.isTrue(a[0]), null, context);
      context.budget.chargeItems(4);
      if (seen.add(HashKeys.of(key, context.budget))) {
        kept.add(item);
      }
    }
    return new PyGenerator(kept.toArray());
  }

  static Object minOrMax(Object value, Object[] a, boolean max, RenderContext context) {
    Object best = null;
    Object bestKey = null;
    for (Object item : Values.items(value, context.budget)) {
      Object key = key(item, a[1], Filters.isTrue(a[0]), null, context);
      if (best == null
          || (max
              ? Comparisons.compare(key, bestKey, ">", context.budget) > 0
              : Comparisons.compare(key, bestKey, "<", context.budget) < 0)) {
        best = item;
        bestKey = key;
      }
    }
    return best != null
        ? best
        : new Undefined(max ? "max: there are no items" : "min: there are no items");
  }
}
