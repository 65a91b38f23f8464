package dev.myelin.chat.jinja;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.tree.TagNode;

/** A tag whose meaning is Jinja2's. */
abstract class RenderTag implements Tag {
  private static final long serialVersionUID = 1L;

  private final String name;

  RenderTag(String name) {
    this.name = name;
  }

  abstract String render(TagNode node, Render render);

  @Override
  public final String getName() {
    return name;
  }

  @Override
  public final String interpret(TagNode node, JinjavaInterpreter interpreter) {
    interpreter.setLineNumber(node.getLineNumber());
    return render(node, (Render) interpreter);
  }
}
