package dev.myelin.chat.jinja;

import com.hubspot.jinjava.lib.tag.FlexibleTag;
import com.hubspot.jinjava.tree.TagNode;
import com.hubspot.jinjava.tree.parse.TagToken;
import java.util.List;

/**
 * {@code set x = value}, {@code set namespace.x = value} and the block {@code set x ... endset}.
 */
final class SetTag extends RenderTag implements FlexibleTag {
  private static final long serialVersionUID = 1L;

  SetTag() {
    super("set");
  }

  @Override
  public boolean hasEndTag(TagToken token) {
    return !Syntax.isInline(token.getHelpers());
  }

  @Override
  String render(TagNode node, Render render) {
    Syntax.Assignment assignment = render.syntax().assignment(node.getHelpers());
    Scope scope = render.scope();
    Object value;
    if (Syntax.isInline(node.getHelpers())) {
      value = assignment.value().value(render);
    } else {
      Scope inner = new Scope(scope);
      inner.set(Syntax.BODY, render.children(node.getChildren(), new Scope(scope)));
      value = render.evaluate(assignment.value(), inner);
    }
    List<String> targets = assignment.targets();
    int dot = targets.getFirst().indexOf('.');
    if (dot < 0 || targets.size() > 1) {
      ForTag.bind(targets, value, scope, render);
    } else if (scope.get(targets.getFirst().substring(0, dot)) instanceof Namespace namespace) {
      namespace.parts().put(targets.getFirst().substring(dot + 1), value);
    } else {
      throw new RenderFailure(
          "set " + targets.getFirst() + ": only a namespace's attributes can be set");
    }
    return "";
  }
}
