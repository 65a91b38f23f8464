package dev.myelin.chat.jinja;

import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import java.util.ArrayList;
import java.util.List;

/** {@code for}, with a scope of its own for each turn: what a turn sets is gone in the next. */
final class ForTag extends RenderTag {
  private static final long serialVersionUID = 1L;

  ForTag() {
    super("for");
  }

  @Override
  String render(TagNode node, Render render) {
    Syntax.For header = render.syntax().forHeader(node.getHelpers());
    List<Object> items = items(header, render);
    List<Node> body = new ArrayList<>();
    List<Node> otherwise = new ArrayList<>();
    List<Node> part = body;
    for (Node child : node.getChildren()) {
      if (IfTag.isElse(child)) {
        part = otherwise;
      } else {
        part.add(child);
      }
    }
    if (items.isEmpty()) {
      return render.children(otherwise);
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      render.spend(1);
      Scope turn = new Scope(render.scope());
      bind(header.targets(), items.get(i), turn, render);
      turn.set("loop", new Loop(items, i));
      text.append(render.children(body, turn));
      if (render.takeJump() == Render.Jump.BREAK) {
        break;
      }
    }
    return text.toString();
  }

  private static List<Object> items(Syntax.For header, Render render) {
    List<Object> items = new ArrayList<>();
    for (Object item : Values.items(header.items().value(render), render)) {
      if (header.condition() == null) {
        items.add(item);
        continue;
      }
      Scope candidate = new Scope(render.scope());
      bind(header.targets(), item, candidate, render);
      if (Values.truth(render.evaluate(header.condition(), candidate))) {
        items.add(item);
      }
    }
    return items;
  }

  static void bind(List<String> targets, Object value, Scope scope, Render render) {
    if (targets.size() == 1) {
      scope.set(targets.getFirst(), value);
      return;
    }
    List<Object> parts = Values.items(value, render);
    if (parts.size() != targets.size()) {
      throw new RenderFailure(
          parts.size() + " values for the " + targets.size() + " names " + targets);
    }
    for (int i = 0; i < targets.size(); i++) {
      scope.set(targets.get(i), parts.get(i));
    }
  }
}
