package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** Filters of lists and dicts: their signatures, and their implementations. */
final class ListFilters {
  private ListFilters() {}

  static String signature(String name) {
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
   * @param a values of the parameters, null if omitted
   */
  static Object apply(String name, Object value, Object[] a, RenderContext context) {
    return switch (name) {
      case "batch" -> batch(value, a, context);
      case "count", "length" -> Values.length(value);
      case "dictsort" -> SortFilters.dictsort(value, a, context);
      case "first" -> firstOrLast(value, true, context);
      case "groupby" -> SortFilters.groupby(value, a, context);
      case "items" -> items(value);
      case "join" -> join(value, a, context);
      case "last" -> firstOrLast(value, false, context);
      case "list" -> list(value, context);
      case "max" -> SortFilters.minOrMax(value, a, true, context);
      case "min" -> SortFilters.minOrMax(value, a, false, context);
      case "random" ->
          throw new TemplateError("random: not supported, because a prompt must be reproducible");
      case "reverse" -> reverse(value, context);
      case "slice" -> slice(value, a, context);
      case "sort" -> SortFilters.sort(value, a, context);
      case "sum" -> sum(value, a, context);
      case "unique" -> SortFilters.unique(value, a, context);
      default -> throw new AssertionError(name);
    };
  }

  private static Object firstOrLast(Object value, boolean first, RenderContext context) {
    if (value instanceof PySequence sequence && sequence.isIndexed() && sequence.size() > 0) {
      return sequence.get(first ? 0 : sequence.size() - 1);
    }
    if (value instanceof Str text && !text.isEmpty()) {
      String s = text.text;
      return first
          ? text.substring(0, Character.charCount(s.codePointAt(0)))
          : text.substring(
              s.length() - Character.charCount(s.codePointBefore(s.length())), s.length());
    }
    if (first && value instanceof PyGenerator generator) {
      Object item = generator.next();
      return item != null ? item : new Undefined("first: there are no items");
    }
    Object[] items = Values.items(value, context.budget);
    if (items.length == 0) {
      return new Undefined(first ? "first: there are no items" : "last: there are no items");
    }
    return items[first ? 0 : items.length - 1];
  }

  private static PyList list(Object value, RenderContext context) {
    Object[] items = Values.items(value, context.budget);
    context.budget.chargeItems(items.length);
    return PyList.of(items);
  }

  private static Object items(Object value) {
    if (value instanceof PyDict dict) {
      return new DictView(dict, DictView.Kind.ITEMS);
    } else if (value instanceof Undefined) {
      return new PyGenerator(new Object[0]);
    }
    throw new TemplateError("items: expected a dict, not '" + Values.typeName(value) + "'");
  }

  private static Str join(Object value, Object[] a, RenderContext context) {
    Object[] items = Values.items(value, context.budget);
    if (a[1] != null && a[1] != None.NONE) {
      for (int i = 0; i < items.length; i++) {
        items[i] = Lookup.getPath(items[i], a[1], context);
      }
    }
    Object separator = TextFilters.orDefault(a[0], Str.EMPTY);
    StrBuilder text = new StrBuilder(context.budget);
    for (int i = 0; i < items.length; i++) {
      context.budget.step();
      if (i > 0) {
        text.append(toText(separator, context));
      }
      text.append(toText(items[i], context));
    }
    return text.build().markup(context.autoescape);
  }

  private static Str toText(Object value, RenderContext context) {
    return context.autoescape ? Html.escape(value, context) : Repr.str(value, context.budget);
  }

  private static Object reverse(Object value, RenderContext context) {
    if (value instanceof Str text) {
      return Slice.apply(text, new Slice(None.NONE, None.NONE, -1L), context.budget);
    }
    Object[] items = Values.items(value, context.budget);
    for (int i = 0, k = items.length - 1; i < k; i++, k--) {
      Object item = items[i];
      items[i] = items[k];
      items[k] = item;
    }
    return new PyGenerator(items);
  }

  private static Object sum(Object value, Object[] a, RenderContext context) {
    Object total = TextFilters.orDefault(a[1], 0L);
    for (Object item : Values.items(value, context.budget)) {
      boolean path = a[0] != null && a[0] != None.NONE;
      Object part = path ? Lookup.getPath(item, a[0], context) : item;
      context.budget.step();
      if (part instanceof Str) {
        throw new TemplateError("sum: strings are joined with 'join'");
      }
      total = Arithmetic.compute("+", total, part, context);
    }
    return total;
  }

  private static PyGenerator batch(Object value, Object[] a, RenderContext context) {
    int size = Numbers.clampToInt(a[0], "batch: linecount");
    if (size < 1) {
      throw new TemplateError("batch: linecount = " + size + ": expected 1 or more");
    }
    List<Object> rows = new ArrayList<>();
    PyList row = null;
    for (Object item : Values.items(value, context.budget)) {
      context.budget.chargeItems(2);
      if (row == null || row.size() == size) {
        row = new PyList();
        rows.add(row);
      }
      row.add(item);
    }
    if (row != null && a[1] != null && a[1] != None.NONE) {
      context.budget.chargeItems(size);
      while (row.size() < size) {
        row.add(a[1]);
      }
    }
    return new PyGenerator(rows.toArray());
  }

  private static PyGenerator slice(Object value, Object[] a, RenderContext context) {
    int count = Numbers.clampToInt(a[0], "slice: slices");
    if (count < 1) {
      throw new TemplateError("slice: slices = " + count + ": expected 1 or more");
    }
    Object[] items = Values.items(value, context.budget);
    context.budget.chargeItems(count + (long) items.length);
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
    return new PyGenerator(columns);
  }
}
