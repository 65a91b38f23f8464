package dev.myelin.chat.jinja;

/**
 * What a missing variable or attribute evaluates to: empty as text, false, without items; any other
 * use fails with the reason.
 */
record Undefined(String reason) {
  static Undefined variable(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  static Undefined attribute(Object owner, Object name) {
    return new Undefined("'" + Values.typeName(owner) + "' has no attribute '" + name + "'");
  }
}
