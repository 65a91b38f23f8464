package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.Collections;

/** The methods of Python's lists; tuples and ranges have count and index. */
final class ListMethods {
  private ListMethods() {}

  static String signature(String name) {
    return switch (name) {
      case "append", "count", "remove" -> "value";
      case "clear", "copy", "reverse" -> "";
      case "extend" -> "iterable";
      case "index" -> "value [start] [stop]";
      case "insert" -> "index value";
      case "pop" -> "[index]";
      case "sort" -> "[key] [reverse]";
      default -> null;
    };
  }

  static Object call(PySequence sequence, String name, Object[] a, RenderContext context) {
    Budget budget = context.budget;
    switch (name) {
      case "count":
        return count(sequence, a[0], budget);
      case "index":
        return index(sequence, a, budget);
      case "copy":
        budget.chargeItems(sequence.size());
        return PyList.of(sequence.toArray());
      default:
    }
    ArrayList<Object> items = ((PyList) sequence).mutableItems(name);
    switch (name) {
      case "append":
        budget.chargeItems(1);
        items.add(a[0]);
        return None.NONE;
      case "clear":
        items.clear();
        return None.NONE;
      case "extend":
        for (Object item : Values.items(a[0], budget)) {
          budget.chargeItems(1);
          items.add(item);
        }
        return None.NONE;
      case "insert":
        budget.chargeItems(1 + items.size() / 8);
        long at = Numbers.clampToLong(a[0], "insert");
        long place = Math.clamp(at < 0 ? at + items.size() : at, 0L, (long) items.size());
        items.add((int) place, a[1]);
        return None.NONE;
      case "pop":
        return pop(items, a[0], budget);
      case "remove":
        items.remove((int) index(sequence, new Object[] {a[0], null, null}, budget));
        return None.NONE;
      case "reverse":
        budget.chargeWork(items.size());
        Collections.reverse(items);
        return None.NONE;
      default:
        return sort(items, a, budget);
    }
  }

  private static Object sort(ArrayList<Object> items, Object[] a, Budget budget) {
    if (a[0] != null && a[0] != None.NONE) {
      throw new TemplateError("sort: a key is not supported");
    }
    Object[] sorted = items.toArray();
    MergeSort.sort(sorted, sorted, a[1] != null && Values.isTruthy(a[1]), budget);
    for (int i = 0; i < sorted.length; i++) {
      items.set(i, sorted[i]);
    }
    return None.NONE;
  }

  private static Object pop(ArrayList<Object> items, Object index, Budget budget) {
    long at = index == null ? items.size() - 1 : Numbers.clampToLong(index, "pop");
    long place = at < 0 ? at + items.size() : at;
    if (place < 0 || place >= items.size()) {
      throw new TemplateError("pop: the list has no item " + at);
    }
    budget.chargeWork(1 + (items.size() - place) / 8);
    return items.remove((int) place);
  }

  private static long count(PySequence sequence, Object value, Budget budget) {
    long count = 0;
    for (Object item : Values.items(sequence, budget)) {
      count += item == value || Comparisons.equal(item, value, budget) ? 1 : 0;
    }
    return count;
  }

  private static long index(PySequence sequence, Object[] a, Budget budget) {
    Object[] items = Values.items(sequence, budget);
    long from = a[1] == null ? 0 : Numbers.clampToLong(a[1], "index");
    long to = a[2] == null ? items.length : Numbers.clampToLong(a[2], "index");
    from = from < 0 ? Math.max(0, from + items.length) : from;
    to = to < 0 ? to + items.length : Math.min(to, items.length);
    for (long i = from; i < to; i++) {
      if (items[(int) i] == a[0] || Comparisons.equal(items[(int) i], a[0], budget)) {
        return i;
      }
    }
    throw new TemplateError("the value is not in the " + sequence.typeName());
  }
}
