package dev.myelin.chat.jinja;

import java.util.List;
import java.util.Map;

/** The arguments of a call, a filter or a test. */
record Arguments(List<Object> positional, Map<String, Object> named) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  /** The argument at {@code index} or, failing that, called {@code name}. */
  Object get(int index, String name, Object otherwise) {
    if (index < positional.size()) {
      return positional.get(index);
    }
    return named.getOrDefault(name, otherwise);
  }

  Object required(int index, String name) {
    Object value = get(index, name, null);
    if (value == null) {
      throw new RenderFailure("missing argument '" + name + "'");
    }
    return value;
  }

  String string(int index, String name) {
    return Values.string(required(index, name), "argument '" + name + "'");
  }

  /** A whole number that fits an int. */
  int integer(int index, String name, int otherwise) {
    Object value = get(index, name, (long) otherwise);
    if (value == None.NONE) {
      return otherwise;
    }
    long number = Values.integer(value, "argument '" + name + "'");
    if (number != (int) number) {
      throw new RenderFailure("argument '" + name + "' = " + number + " is too large");
    }
    return (int) number;
  }

  boolean flag(int index, String name, boolean otherwise) {
    return Values.truth(get(index, name, otherwise));
  }

  /** The same arguments without the first {@code count}. */
  Arguments after(int count) {
    return new Arguments(
        positional.subList(Math.min(count, positional.size()), positional.size()), named);
  }
}
