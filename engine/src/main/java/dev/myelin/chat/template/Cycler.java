package dev.myelin.chat.template;

import java.util.List;

/** The result of {@code cycler()}: returns its values in turn, cyclically. */
final class Cycler extends Callable {
  private final List<Object> values;
  private int position;

  Cycler(List<Object> values) {
    if (values.isEmpty()) {
      throw new TemplateError("cycler: expected at least one value");
    }
    this.values = values;
  }

  @Override
  Object call(CallArguments args, RenderContext context) {
    throw new TemplateError("a cycler cannot be called: use its next()");
  }

  @Override
  Object getAttribute(String name, RenderContext context) {
    return switch (name) {
      case "current" -> values.get(position);
      case "next", "reset" -> new CyclerMethod(name.equals("next"));
      default -> null;
    };
  }

  @Override
  String name() {
    return "cycler";
  }

  @Override
  String typeName() {
    return "cycler";
  }

  private final class CyclerMethod extends Callable {
    private final boolean next;

    CyclerMethod(boolean next) {
      this.next = next;
    }

    @Override
    Object call(CallArguments args, RenderContext context) {
      Signature.of("").bind(name(), args);
      Object value = values.get(position);
      position = next ? (position + 1) % values.size() : 0;
      return next ? value : None.NONE;
    }

    @Override
    String name() {
      return next ? "next" : "reset";
    }

    @Override
    String typeName() {
      return "method";
    }
  }
}
