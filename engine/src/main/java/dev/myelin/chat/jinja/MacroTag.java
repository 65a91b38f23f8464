package dev.myelin.chat.jinja;

import com.hubspot.jinjava.tree.TagNode;

/** {@code macro name(parameters)}: defines a function. */
final class MacroTag extends RenderTag {
  private static final long serialVersionUID = 1L;

  MacroTag() {
    super("macro");
  }

  @Override
  String render(TagNode node, Render render) {
    Syntax.MacroHeader header = render.syntax().macroHeader(node.getHelpers());
    render.scope().set(header.name(), new Macro(header, node.getChildren(), render.scope()));
    return "";
  }
}
