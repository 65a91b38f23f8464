package dev.myelin.chat.template;

/** What a template can call: functions, methods, macros, and objects such as {@code loop}. */
abstract class Callable {
  abstract Object call(Args args, Render render);

  abstract String name();

  String type() {
    return "function";
  }

  /** What printing it writes; null where that is an error. */
  String shown() {
    return null;
  }

  /** An attribute, or null. */
  Object attribute(String name, Render render) {
    return null;
  }
}
