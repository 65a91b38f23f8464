package dev.myelin.chat.jinja;

import com.hubspot.jinjava.tree.TagNode;

/** {@code else} and {@code elif}: they divide the tag around them, which reads them itself. */
final class MarkerTag extends RenderTag {
  private static final long serialVersionUID = 1L;

  MarkerTag(String name) {
    super(name);
  }

  @Override
  public String getEndTagName() {
    return null;
  }

  @Override
  String render(TagNode node, Render render) {
    throw new RenderFailure("'" + getName() + "' belongs to no 'if' or 'for'");
  }
}
