package dev.myelin.chat.jinja;

import com.hubspot.jinjava.lib.tag.Tag;
import java.util.List;
import java.util.Set;

/** The register of tags, one line each. */
final class Tags {
  static final List<Tag> ALL =
      List.of(
          new IfTag(),
          new MarkerTag("elif"),
          new MarkerTag("else"),
          new ForTag(),
          new JumpTag("break", Render.Jump.BREAK),
          new JumpTag("continue", Render.Jump.CONTINUE),
          new SetTag(),
          new MacroTag(),
          new FilterTag(),
          new GenerationTag());

  /** Jinjava's others: they read files, or are not Jinja2's. */
  static final Set<String> DISABLED =
      Set.of(
          "autoescape",
          "block",
          "call",
          "cycle",
          "do",
          "extends",
          "from",
          "ifchanged",
          "import",
          "include",
          "print",
          "raw",
          "unless");

  private Tags() {}
}
