package dev.myelin.chat.template;

/** Looks up {@code a.b} and {@code a[b]} as Jinja2 does. */
final class Lookup {
  private Lookup() {}

  /** {@code value.name}: a method before an item. */
  static Object getAttribute(Object value, String name, RenderContext context) {
    Object found = getMember(value, name, context);
    if (found == null && value instanceof PyDict dict) {
      found = dict.get(name);
    }
    return found == null ? Undefined.attribute(value, name) : found;
  }

  /** {@code value[key]}: an item before a method. */
  static Object getItem(Object value, Object key, RenderContext context) {
    Values.requireDefined(value);
    if (key instanceof Slice slice) {
      Object part = Slice.apply(value, slice, context.budget);
      return part != null ? part : new Undefined("such a value cannot be sliced");
    }
    if (value instanceof PyDict dict && !(key instanceof PyList) && !(key instanceof PyDict)) {
      Object found = dict.get(key, context.budget);
      if (found != null) {
        return found;
      }
    } else if (Values.isInteger(key) || key instanceof Boolean) {
      return getByIndex(value, Numbers.clampToLong(key, "index"), context);
    }
    Object found = key instanceof Str name ? getMember(value, name.text, context) : null;
    if (found != null) {
      return found;
    }
    if (key instanceof Str name) {
      return Undefined.attribute(value, name.text);
    }
    return new Undefined("there is no such element");
  }

  private static Object getByIndex(Object value, long index, RenderContext context) {
    if (value instanceof PySequence sequence && sequence.isIndexed()) {
      long at = index < 0 ? index + sequence.size() : index;
      if (at >= 0 && at < sequence.size()) {
        return sequence.get((int) at);
      }
    } else if (value instanceof Str text) {
      if (text.length() != text.units()) {
        context.budget.chargeRead(text.units());
      }
      long at = index < 0 ? index + text.length() : index;
      if (at >= 0 && at < text.length()) {
        int from = text.offsetOf((int) at);
        return text.substring(from, from + Character.charCount(text.text.codePointAt(from)));
      }
    }
    return new Undefined("there is no element of this index");
  }

  /** A method or field of the object; null if there is none. */
  private static Object getMember(Object value, String name, RenderContext context) {
    Values.requireDefined(value);
    if (value instanceof Namespace namespace) {
      return namespace.get(name);
    }
    if (value instanceof Callable callable) {
      return callable.getAttribute(name, context);
    }
    if (value instanceof PyTuple tuple) {
      Object field = tuple.getAttribute(name);
      if (field != null) {
        return field;
      }
    }
    return Methods.signature(value, name) == null ? null : new BoundMethod(value, name);
  }

  /** The value at a path such as {@code function.name} or {@code 0}, as in arguments of filters. */
  static Object getPath(Object value, Object path, RenderContext context) {
    if (!(path instanceof Str dotted)) {
      return getItem(value, path, context);
    }
    Object found = value;
    String text = dotted.text;
    for (int from = 0, to; from <= text.length(); from = to + 1) {
      to = text.indexOf('.', from);
      to = to < 0 ? text.length() : to;
      context.budget.step();
      String part = text.substring(from, to);
      found = getItem(found, isIndex(part) ? (Object) Long.valueOf(part) : Str.of(part), context);
    }
    return found;
  }

  private static boolean isIndex(String part) {
    for (int i = 0; i < part.length(); i++) {
      if (!CharClasses.isDigit(part.charAt(i))) {
        return false;
      }
    }
    return !part.isEmpty() && part.length() < 10;
  }
}
