package dev.myelin.chat.template;

import java.util.List;

/** What {@code cycler()} returns: values, one after the other, again and again. */
final class Cycler extends Callable {
  private final List<Object> values;
  private int position;

  Cycler(List<Object> values) {
    if (values.isEmpty()) {
      throw new Failure("cycler: expected one value at least");
    }
    this.values = values;
  }

  @Override
  Object call(Args args, Render render) {
    throw new Failure("a cycler cannot be called: use its next()");
  }

  @Override
  Object attribute(String name, Render render) {
    return switch (name) {
      case "current" -> values.get(position);
      case "next", "reset" -> new Step(name.equals("next"));
      default -> null;
    };
  }

  @Override
  String name() {
    return "cycler";
  }

  @Override
  String type() {
    return "cycler";
  }

  private final class Step extends Callable {
    private final boolean next;

    Step(boolean next) {
      this.next = next;
    }

    @Override
    Object call(Args args, Render render) {
      Parameters.of("").bind(name(), args);
      Object value = values.get(position);
      position = next ? (position + 1) % values.size() : 0;
      return next ? value : None.NONE;
    }

    @Override
    String name() {
      return next ? "next" : "reset";
    }

    @Override
    String type() {
      return "method";
    }
  }
}
