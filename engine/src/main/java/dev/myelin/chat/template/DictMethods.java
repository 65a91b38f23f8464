package dev.myelin.chat.template;

import java.util.Map;

/** The methods of Python's dicts. */
final class DictMethods {
  private DictMethods() {}

  static String signature(String name) {
    return switch (name) {
      case "clear", "copy", "items", "keys", "popitem", "values" -> "";
      case "get", "setdefault" -> "key [default]";
      case "pop" -> "key [default]";
      case "update" -> "[other] **";
      default -> null;
    };
  }

  static Object call(
      PyDict dict, String name, Object[] a, CallArguments args, RenderContext context) {
    Budget budget = context.budget;
    switch (name) {
      case "items":
        return new DictView(dict, DictView.Kind.ITEMS);
      case "keys":
        return new DictView(dict, DictView.Kind.KEYS);
      case "values":
        return new DictView(dict, DictView.Kind.VALUES);
      case "copy":
        return dict.copy(budget);
      case "get":
        Object found = dict.get(a[0], budget);
        return found != null ? found : orNone(a[1]);
      default:
    }
    Map<Object, PyDict.Entry> entries = dict.mutableEntries(name);
    switch (name) {
      case "clear":
        entries.clear();
        return None.NONE;
      case "pop":
        PyDict.Entry removed = entries.remove(HashKeys.of(a[0], budget));
        if (removed == null && a[1] == null) {
          throw new TemplateError("pop: the dict has no such key");
        }
        return removed != null ? removed.value : a[1];
      case "popitem":
        budget.chargeWork(1 + entries.size() / 8);
        if (entries.isEmpty()) {
          throw new TemplateError("popitem: the dict is empty");
        }
        Object last = null;
        for (Object key : entries.keySet()) {
          last = key;
        }
        PyDict.Entry entry = entries.remove(last);
        return PyTuple.of(entry.key, entry.value);
      case "setdefault":
        Object value = dict.get(a[0], budget);
        if (value == null) {
          value = orNone(a[1]);
          dict.put(a[0], value, budget);
        }
        return value;
      default:
        if (a[0] != null) {
          merge(dict, a[0], budget);
        }
        merge(dict, args.keywordDict(budget), budget);
        return None.NONE;
    }
  }

  private static Object orNone(Object value) {
    return value == null ? None.NONE : value;
  }

  /** Adds the entries of a dict or of a sequence of pairs. */
  static void merge(PyDict dict, Object other, Budget budget) {
    if (other instanceof PyDict more) {
      for (Object key : more.keys(budget)) {
        dict.put(key, more.get(key, budget), budget);
      }
      return;
    }
    for (Object item : Values.items(other, budget)) {
      Object[] pair = Values.items(item, budget);
      if (pair.length != 2) {
        throw new TemplateError("a dict needs pairs, not " + pair.length + " values");
      }
      dict.put(pair[0], pair[1], budget);
    }
  }
}
