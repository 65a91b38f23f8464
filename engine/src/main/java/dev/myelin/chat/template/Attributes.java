package dev.myelin.chat.template;

/** What {@code a.b} and {@code a[b]} are, as Jinja2 looks them up. */
final class Attributes {
  private Attributes() {}

  /** {@code value.name}: a method before an item. */
  static Object attribute(Object value, String name, Render render) {
    Object found = method(value, name, render);
    if (found == null && value instanceof PyDict dict) {
      found = dict.get(name);
    }
    return found == null ? Undefined.attribute(value, name) : found;
  }

  /** {@code value[key]}: an item before a method. */
  static Object item(Object value, Object key, Render render) {
    Values.defined(value);
    if (key instanceof Slice slice) {
      Object part = Slice.of(value, slice, render.budget);
      return part != null ? part : new Undefined("there is no slice of such a value");
    }
    if (value instanceof PyDict dict && !(key instanceof PyList) && !(key instanceof PyDict)) {
      Object found = dict.get(key, render.budget);
      if (found != null) {
        return found;
      }
    } else if (Values.integer(key) || key instanceof Boolean) {
      return element(value, Numbers.clamped(key, "index"), render);
    }
    Object found = key instanceof Str name ? method(value, name.text, render) : null;
    if (found != null) {
      return found;
    }
    if (key instanceof Str name) {
      return Undefined.attribute(value, name.text);
    }
    return new Undefined("there is no such element");
  }

  private static Object element(Object value, long index, Render render) {
    if (value instanceof PySeq sequence && sequence.indexed()) {
      long at = index < 0 ? index + sequence.size() : index;
      if (at >= 0 && at < sequence.size()) {
        return sequence.get((int) at);
      }
    } else if (value instanceof Str text) {
      if (text.length() != text.units()) {
        render.budget.read(text.units());
      }
      long at = index < 0 ? index + text.length() : index;
      if (at >= 0 && at < text.length()) {
        int from = text.offset((int) at);
        return text.cut(from, from + Character.charCount(text.text.codePointAt(from)));
      }
    }
    return new Undefined("there is no element of this index");
  }

  /** What the object itself has under a name: a method or a field; null if there is none. */
  private static Object method(Object value, String name, Render render) {
    Values.defined(value);
    if (value instanceof Namespace namespace) {
      return namespace.get(name);
    }
    if (value instanceof Callable callable) {
      return callable.attribute(name, render);
    }
    if (value instanceof PyTuple tuple) {
      Object field = tuple.attribute(name);
      if (field != null) {
        return field;
      }
    }
    return Methods.parameters(value, name) == null ? null : new Method(value, name);
  }

  /** The value at a path such as {@code function.name} or {@code 0}, as filters take them. */
  static Object path(Object value, Object path, Render render) {
    if (!(path instanceof Str written)) {
      return item(value, path, render);
    }
    Object found = value;
    String text = written.text;
    for (int from = 0, to; from <= text.length(); from = to + 1) {
      to = text.indexOf('.', from);
      to = to < 0 ? text.length() : to;
      render.budget.step();
      String part = text.substring(from, to);
      found = item(found, number(part) ? (Object) Long.valueOf(part) : Str.of(part), render);
    }
    return found;
  }

  private static boolean number(String part) {
    for (int i = 0; i < part.length(); i++) {
      if (!Chars.digit(part.charAt(i))) {
        return false;
      }
    }
    return !part.isEmpty() && part.length() < 10;
  }
}
