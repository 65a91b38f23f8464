package dev.myelin.chat.template;

/** A method, with the value that it belongs to. */
final class Method extends Callable {
  private final Object owner;
  private final String name;

  Method(Object owner, String name) {
    this.owner = owner;
    this.name = name;
  }

  @Override
  Object call(Args args, Render render) {
    return Methods.call(owner, name, args, render);
  }

  @Override
  String name() {
    return name;
  }

  @Override
  String type() {
    return "method";
  }
}
