package dev.myelin.chat.template;

/** A method bound to its value. */
final class BoundMethod extends Callable {
  private final Object owner;
  private final String name;

  BoundMethod(Object owner, String name) {
    this.owner = owner;
    this.name = name;
  }

  @Override
  Object call(CallArguments args, RenderContext context) {
    return Methods.call(owner, name, args, context);
  }

  @Override
  String name() {
    return name;
  }

  @Override
  String typeName() {
    return "method";
  }
}
