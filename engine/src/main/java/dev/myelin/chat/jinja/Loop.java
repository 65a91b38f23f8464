package dev.myelin.chat.jinja;

import java.util.List;

/** The variable {@code loop} during turn {@code index} (from 0) over {@code items}. */
record Loop(List<?> items, int index) implements Attributes {
  @Override
  public Object attribute(String name) {
    int size = items.size();
    return switch (name) {
      case "index" -> (long) index + 1;
      case "index0" -> (long) index;
      case "revindex" -> (long) size - index;
      case "revindex0" -> (long) size - index - 1;
      case "first" -> index == 0;
      case "last" -> index == size - 1;
      case "length" -> (long) size;
      case "previtem" -> index > 0 ? items.get(index - 1) : new Undefined("no previous item");
      case "nextitem" -> index < size - 1 ? items.get(index + 1) : new Undefined("no next item");
      case "cycle" ->
          (Callable)
              (arguments, render) -> {
                List<Object> choices = arguments.positional();
                if (choices.isEmpty()) {
                  throw new RenderFailure("loop.cycle needs arguments");
                }
                return choices.get(index % choices.size());
              };
      default -> null;
    };
  }
}
