package dev.myelin.chat.template;

/** What {@code joiner()} returns: empty when first called, the separator from then on. */
final class Joiner extends Callable {
  private final Object separator;
  private boolean used;

  Joiner(Object separator) {
    this.separator = separator;
  }

  @Override
  Object call(Args args, Render render) {
    Parameters.of("").bind("joiner", args);
    Object text = used ? separator : Str.EMPTY;
    used = true;
    return text;
  }

  @Override
  String name() {
    return "joiner";
  }

  @Override
  String type() {
    return "joiner";
  }
}
