package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** Filters of lists and dicts: a line here says the parameters, a line below what it does. */
final class ListFilters {
  private ListFilters() {}

  static String parameters(String name) {
    return switch (name) {
      case "count", "first", "items", "last", "length", "list", "random", "reverse" -> "";
      case "batch" -> "linecount [fill_with]";
      case "dictsort" -> "[case_sensitive] [by] [reverse]";
      case "groupby" -> "attribute [default] [case_sensitive]";
      case "join" -> "[d] [attribute]";
      case "max", "min", "unique" -> "[case_sensitive] [attribute]";
      case "slice" -> "slices [fill_with]";
      case "sort" -> "[reverse] [case_sensitive] [attribute]";
      case "sum" -> "[attribute] [start]";
      default -> null;
    };
  }

  /**
   * @param a values of the parameters, null where left out
   */
  static Object apply(String name, Object value, Object[] a, Render render) {
    return switch (name) {
      case "batch" -> batch(value, a, render);
      case "count", "length" -> Values.length(value);
      case "dictsort" -> Orders.dictsort(value, a, render);
      case "first" -> end(value, true, render);
      case "groupby" -> Orders.groupby(value, a, render);
      case "items" -> items(value);
      case "join" -> join(value, a, render);
      case "last" -> end(value, false, render);
      case "list" -> list(value, render);
      case "max" -> Orders.extreme(value, a, true, render);
      case "min" -> Orders.extreme(value, a, false, render);
      case "random" -> throw new Failure("random: a prompt must not depend on chance");
      case "reverse" -> reverse(value, render);
      case "slice" -> slice(value, a, render);
      case "sort" -> Orders.sort(value, a, render);
      case "sum" -> sum(value, a, render);
      case "unique" -> Orders.unique(value, a, render);
      default -> throw new AssertionError(name);
    };
  }

  private static Object end(Object value, boolean first, Render render) {
    if (value instanceof PySeq sequence && sequence.indexed() && sequence.size() > 0) {
      return sequence.get(first ? 0 : sequence.size() - 1);
    }
    if (value instanceof Str text && !text.isEmpty()) {
      String s = text.text;
      return first
          ? text.cut(0, Character.charCount(s.codePointAt(0)))
          : text.cut(s.length() - Character.charCount(s.codePointBefore(s.length())), s.length());
    }
    if (first && value instanceof Generator generator) {
      Object item = generator.next();
      return item != null ? item : new Undefined("first: there are no items");
    }
    Object[] items = Values.items(value, render.budget);
    if (items.length == 0) {
      return new Undefined(first ? "first: there are no items" : "last: there are no items");
    }
    return items[first ? 0 : items.length - 1];
  }

  private static PyList list(Object value, Render render) {
    Object[] items = Values.items(value, render.budget);
    render.budget.items(items.length);
    return PyList.of(items);
  }

  private static Object items(Object value) {
    if (value instanceof PyDict dict) {
      return new DictView(dict, DictView.Kind.ITEMS);
    } else if (value instanceof Undefined) {
      return new Generator(new Object[0]);
    }
    throw new Failure("items: expected a dict, not '" + Values.type(value) + "'");
  }

  private static Str join(Object value, Object[] a, Render render) {
    Object[] items = Values.items(value, render.budget);
    if (a[1] != null && a[1] != None.NONE) {
      for (int i = 0; i < items.length; i++) {
        items[i] = Attributes.path(items[i], a[1], render);
      }
    }
    Object separator = TextFilters.or(a[0], Str.EMPTY);
    StrBuilder text = new StrBuilder(render.budget);
    for (int i = 0; i < items.length; i++) {
      render.budget.step();
      if (i > 0) {
        text.append(shown(separator, render));
      }
      text.append(shown(items[i], render));
    }
    return text.str().markup(render.autoescape);
  }

  private static Str shown(Object value, Render render) {
    return render.autoescape ? Html.escape(value, render) : Repr.text(value, render.budget);
  }

  private static Object reverse(Object value, Render render) {
    if (value instanceof Str text) {
      return Slice.of(text, new Slice(None.NONE, None.NONE, -1L), render.budget);
    }
    Object[] items = Values.items(value, render.budget);
    for (int i = 0, k = items.length - 1; i < k; i++, k--) {
      Object item = items[i];
      items[i] = items[k];
      items[k] = item;
    }
    return new Generator(items);
  }

  private static Object sum(Object value, Object[] a, Render render) {
    Object total = TextFilters.or(a[1], 0L);
    for (Object item : Values.items(value, render.budget)) {
      boolean path = a[0] != null && a[0] != None.NONE;
      Object part = path ? Attributes.path(item, a[0], render) : item;
      render.budget.step();
      if (part instanceof Str) {
        throw new Failure("sum: strings are joined with 'join'");
      }
      total = Arithmetic.compute("+", total, part, render);
    }
    return total;
  }

  private static Generator batch(Object value, Object[] a, Render render) {
    int size = Numbers.count(a[0], "batch: linecount");
    if (size < 1) {
      throw new Failure("batch: linecount = " + size + ": expected 1 at least");
    }
    List<Object> rows = new ArrayList<>();
    PyList row = null;
    for (Object item : Values.items(value, render.budget)) {
      render.budget.items(2);
      if (row == null || row.size() == size) {
        row = new PyList();
        rows.add(row);
      }
      row.add(item);
    }
    if (row != null && a[1] != null && a[1] != None.NONE) {
      render.budget.items(size);
      while (row.size() < size) {
        row.add(a[1]);
      }
    }
    return new Generator(rows.toArray());
  }

  private static Generator slice(Object value, Object[] a, Render render) {
    int count = Numbers.count(a[0], "slice: slices");
    if (count < 1) {
      throw new Failure("slice: slices = " + count + ": expected 1 at least");
    }
    Object[] items = Values.items(value, render.budget);
    render.budget.items(count + (long) items.length);
    Object[] columns = new Object[count];
    int size = items.length / count;
    int longer = items.length % count;
    int next = 0;
    for (int i = 0; i < count; i++) {
      PyList column = new PyList();
      for (int k = 0; k < size + (i < longer ? 1 : 0); k++) {
        column.add(items[next++]);
      }
      if (a[1] != null && a[1] != None.NONE && i >= longer) {
        column.add(a[1]);
      }
      columns[i] = column;
    }
    return new Generator(columns);
  }
}
