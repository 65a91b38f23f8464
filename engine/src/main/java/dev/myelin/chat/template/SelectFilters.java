package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** Filters that take a filter or a test by its name. */
final class SelectFilters {
  private SelectFilters() {}

  static String parameters(String name) {
    return switch (name) {
      case "map", "reject", "rejectattr", "select", "selectattr" -> "* **";
      default -> null;
    };
  }

  static Object apply(String name, Object value, Args args, Render render) {
    return switch (name) {
      case "map" -> map(value, args, render);
      case "select" -> select(value, args, false, true, render);
      case "reject" -> select(value, args, false, false, render);
      case "selectattr" -> select(value, args, true, true, render);
      default -> select(value, args, true, false, render);
    };
  }

  private static Generator map(Object value, Args args, Render render) {
    Object[] items = items(value, render);
    render.budget.items(items.length);
    if (args.positional().isEmpty() && args.named().containsKey("attribute")) {
      Object[] a = Parameters.of("attribute [default]").bind("map", args);
      for (int i = 0; i < items.length; i++) {
        Object found = Attributes.path(items[i], a[0], render);
        items[i] = found instanceof Undefined && a[1] != null ? a[1] : found;
      }
      return new Generator(items);
    }
    String filter = name(args, 0, "map: expected a filter's name, or 'attribute='");
    Args rest = args.from(1);
    for (int i = 0; i < items.length; i++) {
      render.budget.step();
      items[i] = Filters.apply(filter, items[i], rest, render);
    }
    return new Generator(items);
  }

  private static Generator select(
      Object value, Args args, boolean attribute, boolean wanted, Render render) {
    int first = attribute ? 1 : 0;
    if (attribute && args.positional().isEmpty()) {
      throw new Failure("selectattr, rejectattr: missing argument 'attribute'");
    }
    boolean tested = args.positional().size() > first;
    String test = tested ? name(args, first, "select: expected a test's name") : null;
    Args rest = args.from(first + 1);
    List<Object> kept = new ArrayList<>();
    for (Object item : items(value, render)) {
      render.budget.items(1);
      Object part = attribute ? Attributes.path(item, args.positional().get(0), render) : item;
      boolean holds = test == null ? Values.truth(part) : Tests.holds(test, part, rest, render);
      if (holds == wanted) {
        kept.add(item);
      }
    }
    return new Generator(kept.toArray());
  }

  /** Of what counts as false, None for example, there are none. */
  private static Object[] items(Object value, Render render) {
    return Values.truth(value) ? Values.items(value, render.budget) : new Object[0];
  }

  private static String name(Args args, int index, String otherwise) {
    if (args.positional().size() > index && args.positional().get(index) instanceof Str name) {
      return name.text;
    }
    throw new Failure(otherwise);
  }
}
