package dev.myelin.chat.jinja;

import com.hubspot.jinjava.tree.TagNode;

/** Stands where Jinjava would have a tag that chat templates must not use. */
final class RefusedTag extends RenderTag {
  private static final long serialVersionUID = 1L;

  private final boolean paired;

  /**
   * @param paired whether an end tag belongs to it
   */
  RefusedTag(String name, boolean paired) {
    super(name);
    this.paired = paired;
  }

  @Override
  public String getEndTagName() {
    return paired ? super.getEndTagName() : null;
  }

  @Override
  String render(TagNode node, Render render) {
    throw new RenderFailure("the tag '" + getName() + "' is not supported");
  }
}
