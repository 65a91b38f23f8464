package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** Filters that apply a filter or a test by name: map, select, reject and so on. */
final class SelectFilters {
  private SelectFilters() {}

  static String signature(String name) {
    return switch (name) {
      case "map", "reject", "rejectattr", "select", "selectattr" -> "* **";
      default -> null;
    };
  }

  static Object apply(String name, Object value, CallArguments args, RenderContext context) {
    return switch (name) {
      case "map" -> map(value, args, context);
      case "select" -> select(value, args, false, true, context);
      case "reject" -> select(value, args, false, false, context);
      case "selectattr" -> select(value, args, true, true, context);
      default -> select(value, args, true, false, context);
    };
  }

  private static PyGenerator map(Object value, CallArguments args, RenderContext context) {
    Object[] items = items(value, context);
    context.budget.chargeItems(items.length);
    if (args.positional().isEmpty() && args.keywords().containsKey("attribute")) {
      Object[] a = Signature.of("attribute [default]").bind("map", args);
      for (int i = 0; i < items.length; i++) {
        Object found = Lookup.getPath(items[i], a[0], context);
        items[i] = found instanceof Undefined && a[1] != null ? a[1] : found;
      }
      return new PyGenerator(items);
    }
    String filter = name(args, 0, "map: expected a filter's name, or 'attribute='");
    CallArguments rest = args.skip(1);
    for (int i = 0; i < items.length; i++) {
      context.budget.step();
      items[i] = Filters.apply(filter, items[i], rest, context);
    }
    return new PyGenerator(items);
  }

  private static PyGenerator select(
      Object value, CallArguments args, boolean attribute, boolean keepIf, RenderContext context) {
    int first = attribute ? 1 : 0;
    if (attribute && args.positional().isEmpty()) {
      throw new TemplateError("selectattr, rejectattr: missing argument 'attribute'");
    }
    boolean tested = args.positional().size() > first;
    String test = tested ? name(args, first, "select: expected a test's name") : null;
    CallArguments rest = args.skip(first + 1);
    List<Object> kept = new ArrayList<>();
    for (Object item : items(value, context)) {
      context.budget.chargeItems(1);
      Object part = attribute ? Lookup.getPath(item, args.positional().get(0), context) : item;
      boolean holds = test == null ? Values.isTruthy(part) : Tests.apply(test, part, rest, context);
      if (holds == keepIf) {
        kept.add(item);
      }
    }
    return new PyGenerator(kept.toArray());
  }

  /** The items; none if the value is false, such as None. */
  private static Object[] items(Object value, RenderContext context) {
    return Values.isTruthy(value) ? Values.items(value, context.budget) : new Object[0];
  }

  private static String name(CallArguments args, int index, String otherwise) {
    if (args.positional().size() > index && args.positional().get(index) instanceof Str name) {
      return name.text;
    }
    throw new TemplateError(otherwise);
  }
}
