package dev.myelin.chat.template;

/**
 * An undefined variable or attribute. It is empty when printed or iterated; reading from it or
 * computing with it is an error. The error message is created lazily, because templates often test
 * for undefined values.
 */
final class Undefined {
  private final String ownerType; // type without this attribute; null for other reasons
  private final String name; // the name, or the whole error message
  private final boolean isVariable;

  private Undefined(String ownerType, String name, boolean isVariable) {
    this.ownerType = ownerType;
    this.name = name;
    this.isVariable = isVariable;
  }

  Undefined(String why) {
    this(null, why, false);
  }

  static Undefined name(String name) {
    return new Undefined(null, name, true);
  }

  static Undefined attribute(Object owner, String name) {
    return new Undefined(Values.typeName(owner), name, false);
  }

  TemplateError error() {
    if (isVariable) {
      return new TemplateError("'" + name + "' is undefined");
    }
    return new TemplateError(
        ownerType == null ? name : "'" + ownerType + "' has no attribute '" + name + "'");
  }
}
