package dev.myelin.chat.template;

/**
 * A name or attribute that is not there: empty when printed or looped over, an error when something
 * is read from it or computed with it. The error's text is made when it is needed; most templates
 * ask for what may be missing.
 */
final class Undefined {
  private final String type; // of what lacks the attribute; null where there is none
  private final String name; // the name, or all of the error's text
  private final boolean variable;

  private Undefined(String type, String name, boolean variable) {
    this.type = type;
    this.name = name;
    this.variable = variable;
  }

  Undefined(String why) {
    this(null, why, false);
  }

  static Undefined name(String name) {
    return new Undefined(null, name, true);
  }

  static Undefined attribute(Object owner, String name) {
    return new Undefined(Values.type(owner), name, false);
  }

  Failure failure() {
    if (variable) {
      return new Failure("'" + name + "' is undefined");
    }
    return new Failure(type == null ? name : "'" + type + "' has no attribute '" + name + "'");
  }
}
