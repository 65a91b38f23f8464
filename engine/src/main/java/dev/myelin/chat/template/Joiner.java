package dev.myelin.chat.template;

/** The result of {@code joiner()}: empty at the first call, the separator afterwards. */
final class Joiner extends Callable {
  private final Object separator;
  private boolean used;

  Joiner(Object separator) {
    this.separator = separator;
  }

  @Override
  Object call(CallArguments args, RenderContext context) {
    Signature.of("").bind("joiner", args);
    Object text = used ? separator : Str.EMPTY;
    used = true;
    return text;
  }

  @Override
  String name() {
    return "joiner";
  }

  @Override
  String typeName() {
    return "joiner";
  }
}
