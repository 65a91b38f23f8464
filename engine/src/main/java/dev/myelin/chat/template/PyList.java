package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.Arrays;

/** A list; one that came from outside cannot be changed. */
final class PyList extends PySeq {
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

  /** For the template's own code, which changes lists that it just made. */
  void add(Object item) {
    items.add(item);
  }

  /** The items, to be changed by a template. */
  ArrayList<Object> changeable(String method) {
    if (frozen) {
      throw new Failure(method + ": a list that came from outside cannot be changed");
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
  String type() {
    return "list";
  }
}
