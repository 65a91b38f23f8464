package dev.myelin.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/** The register of a map's methods, one line each. Those that change it need one made here. */
final class MapMethods {
  @FunctionalInterface
  private interface Method {
    Object call(Map<Object, Object> self, Arguments arguments, Render render);
  }

  private static final Map<String, Method> ALL =
      Map.of(
          "copy", (map, a, render) -> new LinkedHashMap<>(map),
          "get", (map, a, render) -> get(map, a),
          "items", (map, a, render) -> Sequences.pairs(map, render),
          "keys", (map, a, render) -> new ArrayList<>(map.keySet()),
          "pop", MapMethods::pop,
          "setdefault", MapMethods::setDefault,
          "update", MapMethods::update,
          "values", (map, a, render) -> new ArrayList<>(map.values()));

  private MapMethods() {}

  /** The method of this map, or null where maps have none of this name. */
  static Callable bind(Map<?, ?> self, String name) {
    Method method = ALL.get(name);
    if (method == null) {
      return null;
    }
    @SuppressWarnings("unchecked") // only values of this package are put in
    Map<Object, Object> map = (Map<Object, Object>) self;
    return (arguments, render) -> {
      if (!name.equals("get")) {
        render.spend(map.size());
      }
      try {
        return method.call(map, arguments, render);
      } catch (UnsupportedOperationException e) {
        throw new RenderFailure(name + " would change a map that is not the template's own");
      }
    };
  }

  private static Object get(Map<Object, Object> map, Arguments arguments) {
    Object key = arguments.required(0, "key");
    Object value = Values.isKey(key) ? map.get(key) : null;
    return value == null ? arguments.get(1, "default", None.NONE) : value;
  }

  private static Object pop(Map<Object, Object> map, Arguments arguments, Render render) {
    Object key = Values.key(arguments.required(0, "key"));
    Object removed = map.remove(key);
    Object value = removed == null ? arguments.get(1, "default", null) : removed;
    if (value == null) {
      throw new RenderFailure("pop: the map has no key '" + Text.of(key, render) + "'");
    }
    return value;
  }

  private static Object setDefault(Map<Object, Object> map, Arguments arguments, Render render) {
    Object key = Values.key(arguments.required(0, "key"));
    Object present = map.putIfAbsent(key, arguments.get(1, "default", None.NONE));
    return present == null ? map.get(key) : present;
  }

  private static Object update(Map<Object, Object> map, Arguments arguments, Render render) {
    if (arguments.get(0, "other", Map.of()) instanceof Map<?, ?> other) {
      map.putAll(other);
    }
    map.putAll(arguments.named());
    return None.NONE;
  }
}
