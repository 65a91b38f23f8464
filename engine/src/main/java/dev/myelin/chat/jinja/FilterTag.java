package dev.myelin.chat.jinja;

import com.hubspot.jinjava.tree.TagNode;

/** {@code filter name}: applies filters to what it encloses. */
final class FilterTag extends RenderTag {
  private static final long serialVersionUID = 1L;

  FilterTag() {
    super("filter");
  }

  @Override
  String render(TagNode node, Render render) {
    Expression filters = render.syntax().filters(node.getHelpers());
    Scope inner = new Scope(render.scope());
    inner.set(Syntax.BODY, render.children(node.getChildren(), new Scope(render.scope())));
    return Text.of(render.evaluate(filters, inner), render);
  }
}
