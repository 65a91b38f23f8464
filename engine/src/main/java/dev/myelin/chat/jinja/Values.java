package dev.myelin.chat.jinja;

import dev.myelin.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a template computes with: String, Boolean, Long, Double, List, Map, {@link None}, {@link
 * Undefined}, {@link Callable} and {@link Attributes}; nothing else ever gets in.
 */
final class Values {
  private Values() {}

  /** Takes a plain Java value over, read-only. */
  static Object of(Object value) {
    return switch (value) {
      case null -> None.NONE;
      case String s -> s;
      case Boolean b -> b;
      case Integer i -> (long) i;
      case Long l -> l;
      case Float f -> (double) f;
      case Double d -> d;
      case Map<?, ?> map -> {
        Map<Object, Object> copy = new LinkedHashMap<>();
        map.forEach((key, each) -> copy.put(of(key), of(each)));
        yield Collections.unmodifiableMap(copy);
      }
      case Collection<?> items -> {
        List<Object> copy = new ArrayList<>(items.size());
        items.forEach(item -> copy.add(of(item)));
        yield Collections.unmodifiableList(copy);
      }
      default ->
          throw new InvalidRequestException(
              "a template variable of "
                  + value.getClass()
                  + ": expected text, numbers, booleans, lists and maps");
    };
  }

  /** How much text there is in a plain Java value. */
  static long characters(Object value) {
    return switch (value) {
      case null -> 1;
      case String s -> s.length();
      case Map<?, ?> map ->
          map.entrySet().stream()
              .mapToLong(entry -> characters(entry.getKey()) + characters(entry.getValue()))
              .sum();
      case Collection<?> items -> items.stream().mapToLong(Values::characters).sum();
      default -> 1;
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case Boolean b -> b;
      case String s -> !s.isEmpty();
      case Long l -> l != 0;
      case Double d -> d != 0;
      case Collection<?> items -> !items.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      case None none -> false;
      case Undefined undefined -> false;
      default -> true;
    };
  }

  /** Python's name of the type, for messages. */
  static String typeName(Object value) {
    return switch (value) {
      case String s -> "str";
      case Boolean b -> "bool";
      case Long l -> "int";
      case Double d -> "float";
      case List<?> list -> "list";
      case Map<?, ?> map -> "dict";
      case None none -> "None";
      case Loop loop -> "loop";
      case Namespace namespace -> "namespace";
      case Macro macro -> "macro";
      case Undefined undefined -> "undefined";
      default -> "function";
    };
  }

  /** Fails where the value is undefined, with what was missing. */
  static Object defined(Object value) {
    if (value instanceof Undefined undefined) {
      throw new RenderFailure(undefined.reason());
    }
    return value;
  }

  static String string(Object value, String what) {
    if (defined(value) instanceof String s) {
      return s;
    }
    throw new RenderFailure(what + " is '" + typeName(value) + "': expected a string");
  }

  static long integer(Object value, String what) {
    return switch (defined(value)) {
      case Long l -> l;
      case Boolean b -> b ? 1 : 0;
      default ->
          throw new RenderFailure(what + " is '" + typeName(value) + "': expected a whole number");
    };
  }

  /** The items a loop goes over: of a map its keys, of a string its characters. */
  static List<Object> items(Object value, Render render) {
    return switch (value) {
      case List<?> list -> Collections.unmodifiableList(list);
      case Map<?, ?> map -> {
        render.spend(map.size());
        yield new ArrayList<>(map.keySet());
      }
      case String s -> {
        render.spend(s.length());
        List<Object> characters = new ArrayList<>(s.length());
        s.codePoints().forEach(c -> characters.add(Character.toString(c)));
        yield characters;
      }
      case Undefined undefined -> List.of();
      default -> throw new RenderFailure("'" + typeName(value) + "' cannot be looped over");
    };
  }

  static long length(Object value) {
    return switch (value) {
      case String s -> s.codePointCount(0, s.length());
      case Collection<?> items -> items.size();
      case Map<?, ?> map -> map.size();
      case Undefined undefined -> 0;
      default -> throw new RenderFailure("'" + typeName(value) + "' has no length");
    };
  }

  /** Only what compares at once can be a key: hashing a list could take forever. */
  static boolean isKey(Object value) {
    return value instanceof String
        || value instanceof Long
        || value instanceof Boolean
        || value instanceof Double
        || value == None.NONE;
  }

  static Object key(Object value) {
    if (!isKey(defined(value))) {
      throw new RenderFailure("'" + typeName(value) + "' cannot be a key");
    }
    return value;
  }

  /** {@code value.name}: a method or own part first, then an entry of a map. */
  static Object attribute(Object value, String name) {
    Object found =
        switch (defined(value)) {
          case String s -> StringMethods.bind(s, name);
          case List<?> list -> ListMethods.bind(list, name);
          case Map<?, ?> map -> {
            Callable method = MapMethods.bind(map, name);
            yield method != null ? method : map.get(name);
          }
          case Attributes attributes -> attributes.attribute(name);
          default -> null;
        };
    return found == null ? Undefined.attribute(value, name) : found;
  }

  /** {@code value[key]}: an entry first, then an attribute. */
  static Object item(Object value, Object key) {
    switch (defined(value)) {
      case Map<?, ?> map when isKey(key) && map.containsKey(key) -> {
        return map.get(key);
      }
      case List<?> list when key instanceof Long || key instanceof Boolean -> {
        long index = integer(key, "index");
        long position = index < 0 ? index + list.size() : index;
        return position < 0 || position >= list.size()
            ? new Undefined("'list' has no element " + index)
            : list.get((int) position);
      }
      case String s when key instanceof Long -> {
        Object slice = Slices.slice(s, (Long) key, (Long) key == -1 ? null : (Long) key + 1, 1);
        return slice.equals("") ? new Undefined("'str' has no element " + key) : slice;
      }
      default -> {
        return key instanceof String name
            ? attribute(value, name)
            : Undefined.attribute(value, key);
      }
    }
  }
}
