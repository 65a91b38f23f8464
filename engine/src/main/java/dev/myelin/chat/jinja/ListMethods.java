package dev.myelin.chat.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The register of a list's methods, one line each. Those that change it need one made here. */
final class ListMethods {
  @FunctionalInterface
  private interface Method {
    Object call(List<Object> self, Arguments arguments, Render render);
  }

  private static final Map<String, Method> ALL =
      Map.of(
          "append", (list, a, render) -> insert(list, list.size(), a.required(0, "object")),
          "copy", (list, a, render) -> new ArrayList<>(list),
          "count", (list, a, render) -> count(list, a.required(0, "value"), render),
          "extend", ListMethods::extend,
          "index", (list, a, render) -> index(list, a.required(0, "value"), render),
          "insert",
              (list, a, render) -> insert(list, a.integer(0, "index", 0), a.required(1, "object")),
          "pop", (list, a, render) -> pop(list, a.integer(0, "index", -1)));

  private ListMethods() {}

  /** The method of this list, or null where lists have none of this name. */
  static Callable bind(List<?> self, String name) {
    Method method = ALL.get(name);
    if (method == null) {
      return null;
    }
    @SuppressWarnings("unchecked") // only values of this package are put in
    List<Object> list = (List<Object>) self;
    return (arguments, render) -> {
      if (!name.equals("append")) {
        render.spend(list.size());
      }
      try {
        return method.call(list, arguments, render);
      } catch (UnsupportedOperationException e) {
        throw new RenderFailure(name + " would change a list that is not the template's own");
      }
    };
  }

  private static Object insert(List<Object> list, int index, Object item) {
    int position = index < 0 ? index + list.size() : index;
    list.add(Math.clamp(position, 0, list.size()), item);
    return None.NONE;
  }

  private static Object extend(List<Object> list, Arguments arguments, Render render) {
    List<Object> more = new ArrayList<>(Values.items(arguments.required(0, "iterable"), render));
    render.spend(more.size());
    list.addAll(more);
    return None.NONE;
  }

  private static Object pop(List<Object> list, int index) {
    int position = index < 0 ? index + list.size() : index;
    if (position < 0 || position >= list.size()) {
      throw new RenderFailure("pop: the list has no item " + index);
    }
    return list.remove(position);
  }

  private static Object count(List<Object> list, Object value, Render render) {
    return list.stream().filter(item -> Operators.equal(item, value, render)).count();
  }

  private static Object index(List<Object> list, Object value, Render render) {
    for (int i = 0; i < list.size(); i++) {
      if (Operators.equal(list.get(i), value, render)) {
        return (long) i;
      }
    }
    throw new RenderFailure("index: the list has no such item");
  }
}
