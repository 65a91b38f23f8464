package dev.myelin.chat.template;

/** A callable value: function, method, macro, or an object such as {@code loop}. */
abstract class Callable {
  abstract Object call(CallArguments args, RenderContext context);

  abstract String name();

  String typeName() {
    return "function";
  }

  /** The printed text; null if printing is an error. */
  String repr() {
    return null;
  }

  /** An attribute, or null. */
  Object getAttribute(String name, RenderContext context) {
    return null;
  }
}
