package dev.myelin.chat.jinja;

import com.hubspot.jinjava.tree.TagNode;

/** {@code break} and {@code continue}. */
final class JumpTag extends RenderTag {
  private static final long serialVersionUID = 1L;

  private final Render.Jump jump;

  JumpTag(String name, Render.Jump jump) {
    super(name);
    this.jump = jump;
  }

  @Override
  public String getEndTagName() {
    return null;
  }

  @Override
  String render(TagNode node, Render render) {
    if (!(render.scope().get("loop") instanceof Loop)) {
      throw new RenderFailure("'" + getName() + "' outside of a loop");
    }
    render.jump(jump);
    return "";
  }
}
