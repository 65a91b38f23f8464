package dev.myelin.chat.jinja;

import com.hubspot.jinjava.tree.Node;
import java.util.List;

/** A part of the template that can be called; it sees the scope it was defined in. */
record Macro(Syntax.MacroHeader header, List<Node> body, Scope definition) implements Callable {
  @Override
  public Object call(Arguments arguments, Render render) {
    List<String> parameters = header.parameters();
    if (arguments.positional().size() > parameters.size()) {
      throw new RenderFailure(
          "macro '" + header.name() + "' takes " + parameters.size() + " arguments at most");
    }
    for (String name : arguments.named().keySet()) {
      if (!parameters.contains(name)) {
        throw new RenderFailure("macro '" + header.name() + "' has no parameter '" + name + "'");
      }
    }
    Scope inner = new Scope(definition);
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      Object value = arguments.get(i, name, null);
      if (value == null) {
        Expression otherwise = header.defaults().get(i);
        value = otherwise == null ? Undefined.variable(name) : render.evaluate(otherwise, inner);
      }
      inner.set(name, value);
    }
    int line = render.getLineNumber();
    String text = render.children(body, inner);
    render.setLineNumber(line);
    return text;
  }
}
