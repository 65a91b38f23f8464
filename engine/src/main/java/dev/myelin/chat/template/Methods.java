package dev.myelin.chat.template;

/** The methods of Python's types. */
final class Methods {
  private Methods() {}

  /** The signature of a method; null if the value has no such method. */
  static String signature(Object owner, String name) {
    if (owner instanceof Str) {
      return StrMethods.signature(name);
    } else if (owner instanceof PyDict) {
      return DictMethods.signature(name);
    } else if (owner instanceof PyList) {
      return ListMethods.signature(name);
    } else if (owner instanceof PyTuple || owner instanceof PyRange) {
      return name.equals("count") || name.equals("index") ? ListMethods.signature(name) : null;
    } else if (owner instanceof Double) {
      return name.equals("is_integer") ? "" : null;
    }
    return null;
  }

  static Object call(Object owner, String name, CallArguments args, RenderContext context) {
    Object[] a = Signature.of(signature(owner, name)).bind(name, args);
    if (owner instanceof Str text) {
      return StrMethods.call(text, name, a, args, context);
    } else if (owner instanceof PyDict dict) {
      return DictMethods.call(dict, name, a, args, context);
    } else if (owner instanceof PySequence sequence) {
      return ListMethods.call(sequence, name, a, context);
    }
    return (Double) owner == Math.rint((Double) owner) && !((Double) owner).isInfinite();
  }
}
