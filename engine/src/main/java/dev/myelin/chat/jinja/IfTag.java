package dev.myelin.chat.jinja;

import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import java.util.ArrayList;
import java.util.List;

/** {@code if}, {@code elif}, {@code else}; no scope of its own. */
final class IfTag extends RenderTag {
  private static final long serialVersionUID = 1L;

  IfTag() {
    super("if");
  }

  @Override
  String render(TagNode node, Render render) {
    List<Node> chosen = new ArrayList<>();
    boolean open = holds(node, render);
    for (Node child : node.getChildren()) {
      boolean marker =
          child instanceof TagNode tag && (tag.getName().equals("elif") || isElse(child));
      if (marker && open) {
        break;
      } else if (marker) {
        open = isElse(child) || holds((TagNode) child, render);
      } else if (open) {
        chosen.add(child);
      }
    }
    return render.children(chosen);
  }

  static boolean isElse(Node node) {
    return node instanceof TagNode tag && tag.getName().equals("else");
  }

  private static boolean holds(TagNode tag, Render render) {
    return Values.truth(render.resolveELExpression(tag.getHelpers(), tag.getLineNumber()));
  }
}
