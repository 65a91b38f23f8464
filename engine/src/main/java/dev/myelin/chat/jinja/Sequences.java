package dev.myelin.chat.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The filters that work on lists, maps and whatever else has items. */
final class Sequences {
  private Sequences() {}

  static Object first(Object value, Render render) {
    List<Object> items = Values.items(value, render);
    return items.isEmpty()
        ? new Undefined("an empty sequence has no first item")
        : items.getFirst();
  }

  static Object last(Object value, Render render) {
    List<Object> items = Values.items(value, render);
    return items.isEmpty() ? new Undefined("an empty sequence has no last item") : items.getLast();
  }

  /** A map's entries as pairs; of something undefined, none. */
  static List<Object> pairs(Object value, Render render) {
    return switch (value) {
      case Map<?, ?> map -> {
        render.spend(map.size());
        List<Object> pairs = new ArrayList<>(map.size());
        map.forEach((key, each) -> pairs.add(List.of(key, each)));
        yield pairs;
      }
      case Undefined undefined -> List.of();
      default -> throw new RenderFailure("'" + Values.typeName(value) + "' has no entries");
    };
  }

  static Object join(Object value, Arguments arguments, Render render) {
    Object attribute = arguments.get(1, "attribute", None.NONE);
    List<Object> texts = new ArrayList<>();
    for (Object item : Values.items(value, render)) {
      texts.add(attribute == None.NONE ? item : path(item, attribute));
    }
    return joined(texts, Text.of(arguments.get(0, "d", ""), render), render);
  }

  static String joined(List<?> items, String separator, Render render) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      String each = Text.of(items.get(i), render);
      render.spendText((long) each.length() + separator.length());
      text.append(i == 0 ? "" : separator).append(each);
    }
    return text.toString();
  }

  /** {@code a.b.0}: attributes and items one after the other. */
  static Object path(Object value, Object path) {
    if (path instanceof Long) {
      return Values.item(value, path);
    }
    Object found = value;
    for (String part : Values.string(path, "attribute").split("\\.")) {
      boolean index = !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9');
      found =
          Values.item(found, index && part.length() < 10 ? (Object) Long.parseLong(part) : part);
    }
    return found;
  }

  /** None and whatever else is false counts as empty here, as in Jinja2. */
  private static List<Object> itemsIfAny(Object value, Render render) {
    return Values.truth(value) ? Values.items(value, render) : List.of();
  }

  static Object map(Object value, Arguments arguments, Render render) {
    List<Object> mapped = new ArrayList<>();
    Object attribute = arguments.named().get("attribute");
    if (attribute != null) {
      for (Object item : itemsIfAny(value, render)) {
        Object found = path(item, attribute);
        mapped.add(
            found instanceof Undefined ? arguments.named().getOrDefault("default", found) : found);
        render.spend(1);
      }
      return mapped;
    }
    Filter filter = Filters.find(arguments.string(0, "filter"));
    Arguments rest = arguments.after(1);
    for (Object item : itemsIfAny(value, render)) {
      mapped.add(filter.apply(item, rest, render));
      render.spend(1);
    }
    return mapped;
  }

  static Object select(Object value, Arguments arguments, Render render, boolean wanted) {
    return keep(value, item -> item, arguments, render, wanted);
  }

  static Object selectAttribute(Object value, Arguments arguments, Render render, boolean wanted) {
    Object attribute = arguments.required(0, "attribute");
    return keep(value, item -> path(item, attribute), arguments.after(1), render, wanted);
  }

  private static Object keep(
      Object value,
      java.util.function.UnaryOperator<Object> part,
      Arguments arguments,
      Render render,
      boolean wanted) {
    Test test =
        arguments.positional().isEmpty()
            ? (each, a, r) -> Values.truth(each)
            : Tests.find(arguments.string(0, "test"));
    Arguments rest = arguments.after(1);
    List<Object> kept = new ArrayList<>();
    for (Object item : itemsIfAny(value, render)) {
      render.spend(1);
      if (test.holds(part.apply(item), rest, render) == wanted) {
        kept.add(item);
      }
    }
    return kept;
  }

  static Object sort(Object value, Arguments arguments, Render render) {
    boolean reverse = arguments.flag(0, "reverse", false);
    boolean caseSensitive = arguments.flag(1, "case_sensitive", false);
    Object attribute = arguments.get(2, "attribute", None.NONE);
    Comparator<Object> order =
        Comparator.comparing(
            item -> folded(attribute == None.NONE ? item : path(item, attribute), caseSensitive),
            ordered(render));
    return sorted(Values.items(value, render), reverse ? order.reversed() : order);
  }

  static Object dictsort(Object value, Arguments arguments, Render render) {
    boolean caseSensitive = arguments.flag(0, "case_sensitive", false);
    int by = arguments.get(1, "by", "key").equals("value") ? 1 : 0;
    boolean reverse = arguments.flag(2, "reverse", false);
    Comparator<Object> order =
        Comparator.comparing(
            pair -> folded(((List<?>) pair).get(by), caseSensitive), ordered(render));
    return sorted(pairs(value, render), reverse ? order.reversed() : order);
  }

  private static Comparator<Object> ordered(Render render) {
    return (left, right) -> {
      render.spend(1);
      return Operators.order(left, right);
    };
  }

  private static List<Object> sorted(List<Object> items, Comparator<Object> order) {
    List<Object> sorted = new ArrayList<>(items);
    sorted.sort(order);
    return sorted;
  }

  private static Object folded(Object value, boolean caseSensitive) {
    return value instanceof String s && !caseSensitive ? s.toLowerCase(Locale.ROOT) : value;
  }

  static Object unique(Object value, Arguments arguments, Render render) {
    boolean caseSensitive = arguments.flag(0, "case_sensitive", false);
    Object attribute = arguments.get(1, "attribute", None.NONE);
    List<Object> seen = new ArrayList<>();
    List<Object> unique = new ArrayList<>();
    for (Object item : Values.items(value, render)) {
      Object key = folded(attribute == None.NONE ? item : path(item, attribute), caseSensitive);
      if (!Operators.contains(seen, key, render)) {
        seen.add(key);
        unique.add(item);
      }
    }
    return unique;
  }

  static Object sum(Object value, Arguments arguments, Render render) {
    Object attribute = arguments.get(0, "attribute", None.NONE);
    Object total = arguments.get(1, "start", 0L);
    for (Object item : Values.items(value, render)) {
      Object each = attribute == None.NONE ? item : path(item, attribute);
      total = Operators.binary("+", total, each, render);
      render.spend(1);
    }
    return total;
  }

  /**
   * @param sign 1 for the largest, -1 for the smallest
   */
  static Object extreme(Object value, Arguments arguments, Render render, int sign) {
    Object attribute = arguments.get(1, "attribute", None.NONE);
    Object best = null;
    Object bestKey = null;
    for (Object item : Values.items(value, render)) {
      Object key = folded(attribute == None.NONE ? item : path(item, attribute), false);
      render.spend(1);
      if (best == null || Operators.order(key, bestKey) * sign > 0) {
        best = item;
        bestKey = key;
      }
    }
    return best == null ? new Undefined("an empty sequence has no extreme") : best;
  }
}
