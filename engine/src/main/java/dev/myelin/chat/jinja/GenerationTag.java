package dev.myelin.chat.jinja;

import com.hubspot.jinjava.tree.TagNode;

/** {@code generation}: marks what the assistant wrote, for training; here only a scope. */
final class GenerationTag extends RenderTag {
  private static final long serialVersionUID = 1L;

  GenerationTag() {
    super("generation");
  }

  @Override
  String render(TagNode node, Render render) {
    return render.children(node.getChildren(), new Scope(render.scope()));
  }
}
