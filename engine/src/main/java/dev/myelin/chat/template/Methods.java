package dev.myelin.chat.template;

/** The methods of Python's types. */
final class Methods {
  private Methods() {}

  /** The parameters of a method, or null where the value has no such method. */
  static String parameters(Object owner, String name) {
    if (owner instanceof Str) {
      return StrMethods.parameters(name);
    } else if (owner instanceof PyDict) {
      return DictMethods.parameters(name);
    } else if (owner instanceof PyList) {
      return ListMethods.parameters(name);
    } else if (owner instanceof PyTuple || owner instanceof PyRange) {
      return name.equals("count") || name.equals("index") ? ListMethods.parameters(name) : null;
    } else if (owner instanceof Double) {
      return name.equals("is_integer") ? "" : null;
    }
    return null;
  }

  static Object call(Object owner, String name, Args args, Render render) {
    Object[] a = Parameters.of(parameters(owner, name)).bind(name, args);
    if (owner instanceof Str text) {
      return StrMethods.call(text, name, a, args, render);
    } else if (owner instanceof PyDict dict) {
      return DictMethods.call(dict, name, a, args, render);
    } else if (owner instanceof PySeq sequence) {
      return ListMethods.call(sequence, name, a, render);
    }
    return (Double) owner == Math.rint((Double) owner) && !((Double) owner).isInfinite();
  }
}
