package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.Arrays;

/** A list. A list of the input variables is frozen. */
final class PyList extends PySequence {
  private final ArrayList<Object> items;
  private final boolean frozen;

  PyList() {
    this(new ArrayList<>(), false);
  }

  private PyList(ArrayList<Object> items, boolean frozen) {
    this.items = items;
    this.frozen = frozen;
  }

  static PyList of(Object... items) {
    return new PyList(new ArrayList<>(Arrays.asList(items)), false);
  }

  static PyList frozen(ArrayList<Object> items) {
    return new PyList(items, true);
  }

  /** Appends to a list that the engine has just created. */
  void add(Object item) {
    items.add(item);
  }

  /** The items, for a method that modifies them. */
  ArrayList<Object> mutableItems(String method) {
    if (frozen) {
      throw new TemplateError(method + ": an input list cannot be modified");
    }
    return items;
  }

  @Override
  int size() {
    return items.size();
  }

  @Override
  Object get(int index) {
    return items.get(index);
  }

  @Override
  Object[] toArray() {
    return items.toArray();
  }

  @Override
  String typeName() {
    return "list";
  }
}
