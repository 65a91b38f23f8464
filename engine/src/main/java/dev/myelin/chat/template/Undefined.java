package dev.myelin.chat.template;

/**
 * A name or attribute that is not there: empty when printed or looped over, an error when something
 * is read from it or computed with it.
 *
 * @param why the error
 */
record Undefined(String why) {
  static Undefined name(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  static Undefined attribute(Object owner, String name) {
    return new Undefined("'" + Values.type(owner) + "' has no attribute '" + name + "'");
  }

  Failure failure() {
    return new Failure(why);
  }
}
